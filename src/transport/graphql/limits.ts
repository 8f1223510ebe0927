/** Size of an HTTP body and of a WebSocket message. */
export const MAX_BODY_BYTES = 1_000_000;
/** Operations that one WebSocket may run at the same time. */
export const MAX_OPERATIONS = 100;
