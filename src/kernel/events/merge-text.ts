/** Joins two consecutive chunks of a text into one. Undefined when the first chunk is long enough. */
export function mergeText<Chunk extends { text: string }>(first: Chunk, second: Chunk): Chunk | undefined {
  return first.text.length > MAX_MERGED_LENGTH ? undefined : { ...first, text: first.text + second.text };
}

/** In UTF-16 code units. Keeps an event far below the limit of any transport. */
const MAX_MERGED_LENGTH = 4_096;
