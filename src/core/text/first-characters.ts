/**
 * The start of a text with at most `count` characters. Characters are Unicode code points of the composed form (NFC),
 * as in the limits of the API: a cut never splits one.
 */
export function firstCharacters(text: string, count: number): string {
  const composed = text.normalize();
  let end = 0;
  for (let taken = 0; taken < count && end < composed.length; taken++) {
    end += composed.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return composed.slice(0, end);
}
