/** A regular expression from fragments that are regular expressions themselves; a space stands for any white space. */
export function pattern(strings: TemplateStringsArray, ...fragments: string[]): RegExp {
  return new RegExp(String.raw(strings, ...fragments).replaceAll(' ', String.raw`\s`), 'u');
}

/** One of the words, which are set apart by white space; a `_` in a word stands for one space. */
export function words(strings: TemplateStringsArray): string {
  const list = String.raw(strings).trim().split(/\s+/);
  return `(?:${list.join('|').replaceAll('_', ' ')})`;
}
