/** Builds a regular expression from fragments of regular expressions. A space matches any white space. */
export function pattern(strings: TemplateStringsArray, ...fragments: string[]): RegExp {
  return new RegExp(String.raw(strings, ...fragments).replaceAll(' ', String.raw`\s`), 'u');
}

/** Matches one of the words, which are separated by white space. A `_` in a word stands for one space. */
export function words(strings: TemplateStringsArray): string {
  const list = String.raw(strings).trim().split(/\s+/);
  return `(?:${list.join('|').replaceAll('_', ' ')})`;
}
