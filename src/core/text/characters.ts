/** The number of characters of a text: Unicode code points of its composed form (NFC). */
export function characterCount(text: string): number {
  let count = 0;
  for (const _character of text.normalize()) count += 1;
  return count;
}

/**
 * The start of a text with at most `count` characters. A cut never splits one.
 */
export function firstCharacters(text: string, count: number): string {
  const composed = text.normalize();
  let end = 0;
  for (let taken = 0; taken < count && end < composed.length; taken++) {
    end += composed.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return composed.slice(0, end);
}
