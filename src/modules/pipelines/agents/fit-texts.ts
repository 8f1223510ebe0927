import { characterCount, firstCharacters } from '../../../core/text/characters.ts';

/**
 * Truncates texts, the longest first, until together they have at most `maxLength` characters; short texts stay
 * complete. A mark states how much of a text is missing. The marks are not counted in `maxLength`.
 */
export function fitTexts(texts: readonly string[], maxLength: number): string[] {
  const share = fairShare(texts.map(characterCount), maxLength);
  return texts.map((text) => cutText(text, share));
}

/**
 * The start of a text, with a mark that states how much is missing. Composed (NFC), so that `maxLength` characters, as
 * people count them, are at most four bytes each in UTF-8.
 */
export function cutText(text: string, maxLength: number): string {
  const excess = characterCount(text) - maxLength;
  if (excess <= 0) return text.normalize();
  return `${firstCharacters(text, maxLength)}${markOf(excess)}`;
}

function markOf(excess: number): string {
  return `\n[… ${excess} characters left out …]`;
}

/** The most bytes of a text that `cutText` has cut. */
export function maxBytes(maxLength: number): number {
  return 4 * maxLength + Buffer.byteLength(markOf(1_000_000_000));
}

/** The maximum length of each text. */
function fairShare(lengths: readonly number[], maxLength: number): number {
  let left = maxLength;
  for (const [index, length] of lengths.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (lengths.length - index));
    if (length > share) return share;
    left -= length;
  }
  return maxLength;
}
