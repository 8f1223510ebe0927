/**
 * Cuts texts until all of them together have at most `maxLength` characters, the longest first: short ones stay
 * whole. Where something is missing, a mark says how much; the marks come on top of `maxLength`.
 */
export function fitTexts(texts: readonly string[], maxLength: number): string[] {
  const share = fairShare(
    texts.map((text) => text.length),
    maxLength,
  );
  return texts.map((text) => cutText(text, share));
}

/** The start of a text, with a mark that says how much is missing. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const start = text.slice(0, maxLength).replace(HALF_A_PAIR, '');
  return `${start}\n[… ${text.length - start.length} characters left out …]`;
}

/** The length that no text may pass. */
function fairShare(lengths: readonly number[], maxLength: number): number {
  let left = maxLength;
  for (const [index, length] of lengths.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (lengths.length - index));
    if (length > share) return share;
    left -= length;
  }
  return maxLength;
}

const HALF_A_PAIR = /[\uD800-\uDBFF]$/;
