import { type EndReason, ModelError, type ModelRequest, type ModelStreamPart } from '../language-model.ts';
import { outputLimit } from '../request.ts';
import { estimateTokens } from '../tokens.ts';
import type { AnswerEnd } from '../wire/ends.ts';

/** What has arrived of an answer. Decides what its end means for the reader. */
export class ArrivedAnswer {
  readonly #asked: AskedAnswer;
  #text = '';
  #thinking = '';
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(asked: AskedAnswer) {
    this.#asked = asked;
  }

  observe(part: ModelStreamPart): void {
    if (part.type === 'text') this.#text += part.text;
    if (part.type === 'thinking') this.#thinking += part.text;
    if (part.type !== 'usage') return;
    this.#inputTokens = Math.max(this.#inputTokens, part.usage.inputTokens);
    this.#outputTokens = Math.max(this.#outputTokens, part.usage.outputTokens);
  }

  /**
   * Call it before the last text is released: that of an answer that failed is not shown.
   * Errors: REFUSED; TRUNCATED when the answer broke off. The provider's word and explanation name it.
   */
  checkEnd(end: AnswerEnd, { endWord, endWords }: EndWords): void {
    const { provider } = this.#asked;
    const why = `${inBrackets(endWord)}${endWords ? `: "${endWords}"` : ''}`;
    if (end === 'refused')
      throw new ModelError('REFUSED', `${provider} refused the content${why}. Rephrase it.`);
    if (end === 'broken')
      throw new ModelError(
        'TRUNCATED',
        `${provider} ended its answer before it was complete${why}. Try again.`,
      );
  }

  /**
   * The reason for the end of the whole answer.
   * Errors: OUTPUT_LIMIT when a limit was reached before any text; TOOL_CALL when a tool was called in its place.
   */
  endReason(end: AnswerEnd, { endWord }: EndWords): EndReason {
    if (end === 'complete') return 'stop';
    const reason = end === 'length' ? this.#limitReached() : end === 'window' ? 'window' : 'unknown';
    if (this.#text.trim() !== '') return reason;
    const { provider } = this.#asked;
    if (end === 'tool') throw new ModelError('TOOL_CALL', `${provider} ${calledTool(endWord)}`);
    if (reason === 'unknown') return reason;
    const why = reason === 'window' ? WINDOW_FULL : this.#thinks ? USED_UP_BY_THINKING : USED_UP;
    throw new ModelError('OUTPUT_LIMIT', `${provider} returned no text: ${why}`);
  }

  /** Servers say `length` for each limit. Only the counts tell which of them was reached. */
  #limitReached(): 'length' | 'thinking' | 'window' {
    const { request, contextTokens, isOwnLimit } = this.#asked;
    const used = Math.max(this.#outputTokens, this.#estimate() / LARGEST_ESTIMATE);
    const isFull = contextTokens !== null && this.#inputTokens + this.#outputTokens >= contextTokens;
    const isEarly = this.#outputTokens > 0 && used < outputLimit(request) * NEARLY;
    if (isOwnLimit || isFull || isEarly) return 'window';
    return this.#wasMostlyThinking() ? 'thinking' : 'length';
  }

  /** Whether thinking took the place of the text. Some providers count their thinking without sending it. */
  #wasMostlyThinking(): boolean {
    const textTokens = estimateTokens(this.#text);
    const { maxOutputTokens } = this.#asked.request;
    if (!this.#thinks || textTokens > maxOutputTokens / 2) return false; // it had a room of its own
    return this.#thinking.length > this.#text.length || this.#outputTokens > 2 * textTokens;
  }

  get #thinks(): boolean {
    return this.#thinking !== '' || this.#asked.request.thinkingTokens !== undefined;
  }

  /** Of all that arrived: some servers do not count their thinking. */
  #estimate(): number {
    return estimateTokens(this.#text) + estimateTokens(this.#thinking);
  }
}

function inBrackets(word: string): string {
  return word ? ` (${word})` : '';
}

function calledTool(word: string): string {
  return `called a tool${inBrackets(word)} and wrote no text, although it was offered none. Switch off the tools of its server, or choose another model.`;
}

/** An estimate is at most this many times the count. */
const LARGEST_ESTIMATE = 1.25;
/** Providers end an answer a few tokens before its limit, or count some of them differently. */
const NEARLY = 0.9;

const USED_UP_BY_THINKING =
  'thinking used up the limit of output tokens. Raise maxOutputTokens, or choose a model that thinks less.';
const USED_UP =
  'the limit of output tokens is used up; some models think unseen. Raise maxOutputTokens, or choose another model.';
const WINDOW_FULL =
  'its context window, or the most that it can write, is used up. Shorten the prompt, or choose a model with a larger window.';

export interface AskedAnswer {
  provider: string;
  /** As it is sent. */
  request: ModelRequest;
  /** Whether the limit of the request is the most that the model can write, and less than was wanted. */
  isOwnLimit: boolean;
  /** The context window: prompt and answer together. Null: unknown. */
  contextTokens: number | null;
}

interface EndWords {
  endWord: string;
  endWords: string;
}
