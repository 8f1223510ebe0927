/** Joins two pieces of the same text into one; undefined when the first is long enough. */
export function mergeText<Piece extends { text: string }>(first: Piece, second: Piece): Piece | undefined {
  return first.text.length > MAX_MERGED_LENGTH ? undefined : { ...first, text: first.text + second.text };
}

/** In UTF-16 units; keeps an event far below any transport's limit. */
const MAX_MERGED_LENGTH = 4_096;
