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
    this.#half = isFirstHalf(text.charCodeAt(text.length - 1)) ? text.at(-1)! : '';
    const whole = this.#half ? text.slice(0, -1) : text;
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

/** Of a surrogate pair. */
function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
