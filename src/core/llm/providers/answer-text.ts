import { storableText } from '../../text/storable-text.ts';
import type { ModelStreamPart } from '../language-model.ts';
import type { ThinkingFilter } from './thinking-filter.ts';

/**
 * Turns the text of an answer into what the port promises: thinking apart, no empty part, and text that can be stored.
 * A provider may split a surrogate pair across two parts: the first half is kept back for the next part.
 */
export class AnswerText {
  readonly #filter: ThinkingFilter;
  #half = '';

  constructor(filter: ThinkingFilter) {
    this.#filter = filter;
  }

  /** Errors: those of the filter. */
  read(part: ModelStreamPart): ModelStreamPart[] {
    if (part.type === 'thinking') this.#filter.thinkingIsApart();
    if (part.type !== 'text') return [part];
    const text = this.#half + part.text;
    this.#half = FIRST_HALF_AT_END.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#half.length);
    return whole ? this.#filter.push(storableText(whole)) : [];
  }

  /** What was still kept back. `isWhole`: the answer was not cut. */
  end(isWhole: boolean): ModelStreamPart[] {
    const rest = this.#half ? this.#filter.push(storableText(this.#half)) : [];
    return [...rest, ...this.#filter.end(isWhole)];
  }

  /** What was still kept back of an answer that failed: as thinking, because it is billed but shown to nobody. */
  abandon(): ModelStreamPart[] {
    return this.#filter.abandon();
  }
}

const FIRST_HALF_AT_END = /[\uD800-\uDBFF]$/;
