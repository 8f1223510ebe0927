import type { ModelStreamPart } from './language-model.ts';

/** The text as any database takes it: lone halves of surrogate pairs and NUL become U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/**
 * The same pieces with storable, never empty text. A provider may split a surrogate pair between two pieces:
 * the first half waits for the second.
 */
export async function* storablePieces(
  pieces: AsyncIterable<ModelStreamPart>,
): AsyncGenerator<ModelStreamPart> {
  let half = '';
  for await (const piece of pieces) {
    if (piece.type === 'end' && half) yield { type: 'text', text: storableText(half) };
    if (piece.type !== 'text') {
      yield piece;
      continue;
    }
    const text = half + piece.text;
    half = FIRST_HALF_AT_END.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - half.length);
    if (whole) yield { type: 'text', text: storableText(whole) };
  }
}

const FIRST_HALF_AT_END = /[\uD800-\uDBFF]$/;
