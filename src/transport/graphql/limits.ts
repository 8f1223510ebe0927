/** Size of an HTTP body and of a WebSocket message from a client. */
export const MAX_BODY_BYTES = 1_000_000;
/** Size of an answer over HTTP, counted while it is made: the names and values of its fields, as JSON. */
export const MAX_ANSWER_BYTES = 10_000_000;
/** The same for one message of a WebSocket, and one event of a stream over HTTP. */
export const MAX_MESSAGE_BYTES = 1_000_000;
/** Of all answers that a process is making or sending, besides the first 64 KiB of each. */
export const MAX_BYTES_IN_FLIGHT = 64_000_000;
/** The part of it that one user, or one address without a user, may take, so that nobody keeps the others from theirs. */
export const MAX_BYTES_IN_FLIGHT_OF_CALLER = 16_000_000;
/** What a WebSocket may have waiting for a client that reads too slowly. */
export const MAX_BUFFERED_BYTES = 8_000_000;
/** Operations that one WebSocket may run at the same time. */
export const MAX_OPERATIONS = 100;

/** Size and cost of a document, the same on every transport. */
export const DOCUMENT_LIMITS = {
  tokens: 2_000,
  depth: 16,
  aliases: 30,
  directives: 30,
  /** Characters of an alias, which the answer repeats for each object. */
  aliasLength: 100,
  /** Of one field with selections, or alias, in one place. */
  repetitions: 50,
  /** For comparison: a dashboard of 50 conversations with 50 messages each and six fields per message costs 6,400. */
  cost: 10_000,
} as const;
