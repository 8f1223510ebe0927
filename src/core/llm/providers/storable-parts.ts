import { storableText } from '../../text/storable-text.ts';
import type { ModelStreamPart } from '../language-model.ts';

/**
 * Makes the text of the parts storable and drops empty parts. A provider may split a surrogate pair across two parts:
 * the first half is kept back and prepended to the next part.
 */
export async function* storableParts(parts: AsyncIterable<ModelStreamPart>): AsyncGenerator<ModelStreamPart> {
  let half = '';
  for await (const part of parts) {
    if (part.type === 'end' && half) yield { type: 'text', text: storableText(half) };
    if (part.type !== 'text') {
      yield part;
      continue;
    }
    const text = half + part.text;
    half = FIRST_HALF_AT_END.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - half.length);
    if (whole) yield { type: 'text', text: storableText(whole) };
  }
}

const FIRST_HALF_AT_END = /[\uD800-\uDBFF]$/;
