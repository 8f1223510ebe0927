/** The text as any database takes it: lone halves of surrogate pairs and NUL become U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
