/**
 * A text as it is searched: without differences of Unicode form, of width and of case in any language. In upper case,
 * where `ß` is `SS` and both forms of the Greek sigma are one; the dot that separates the Turkish letters `I` and `İ` is
 * left out.
 */
export function searchable(...texts: string[]): string {
  return texts.join('\n').normalize('NFKD').toUpperCase().replaceAll('\u0307', '');
}
