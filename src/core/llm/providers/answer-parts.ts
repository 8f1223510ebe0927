import { storableText } from '../../text/storable-text.ts';
import type { ModelStreamPart } from '../language-model.ts';
import type { ThinkingFilter } from './thinking-filter.ts';

/**
 * The parts of an answer as the port promises them: thinking apart from the text, no empty part, and text that can be
 * stored. A provider may split a surrogate pair across two parts: the first half is kept back for the next part.
 * Errors: those of the parts and of the filter.
 */
export async function* answerParts(
  parts: AsyncIterable<ModelStreamPart>,
  filter: ThinkingFilter,
): AsyncGenerator<ModelStreamPart> {
  let half = '';
  for await (const part of parts) {
    if (part.type !== 'text') {
      yield part;
      continue;
    }
    const text = half + part.text;
    half = FIRST_HALF_AT_END.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - half.length);
    if (whole) yield* filter.push(storableText(whole));
  }
  if (half) yield* filter.push(storableText(half));
  yield* filter.end();
}

const FIRST_HALF_AT_END = /[\uD800-\uDBFF]$/;
