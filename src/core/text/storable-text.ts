/** Makes a text storable in any database: replaces unpaired surrogates and NUL with U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
