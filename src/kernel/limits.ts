/** Limits that several modules share. Lengths are in UTF-16 code units. */
export const MAX_PROMPT_LENGTH = 20_000;
export const MAX_STEP_PROMPT_LENGTH = 8_000;
/** Of an output that an approver has changed: the longest output of a step, in most languages. */
export const MAX_EDITED_OUTPUT_LENGTH = 200_000;
export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
/** Length of the JSON text. */
export const MAX_CONTEXT_LENGTH = 16_384;
/** Levels of nesting, limited so that recursive functions do not overflow the stack. */
export const MAX_CONTEXT_DEPTH = 32;
