/**
 * Builds a regular expression from fragments of regular expressions. A space matches any white space; inside a character
 * class it is only a space.
 */
export function pattern(strings: TemplateStringsArray, ...fragments: string[]): RegExp {
  const source = String.raw(strings, ...fragments);
  return new RegExp(
    source.replaceAll(CLASS_OR_SPACE, (found) => (found === ' ' ? String.raw`\s` : found)),
    'u',
  );
}

/** An escaped character, a character class, or a space. */
const CLASS_OR_SPACE = /\\.|\[(?:\\.|[^\]\\])*\]| /gs;

/** Matches one of the words, which are separated by white space. A `_` in a word stands for one space. */
export function words(strings: TemplateStringsArray): string {
  const list = String.raw(strings).trim().split(/\s+/);
  return `(?:${list.join('|').replaceAll('_', ' ')})`;
}
