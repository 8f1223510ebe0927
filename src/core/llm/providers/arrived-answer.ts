import { type EndReason, ModelError, type ModelStreamPart } from '../language-model.ts';
import { estimateTokens } from '../tokens.ts';
import type { AnswerEnd } from '../wire/ends.ts';

/** What has arrived of an answer. Decides what its end means for the reader. */
export class ArrivedAnswer {
  readonly #provider: string;
  readonly #maxOutputTokens: number;
  #text = '';
  #thinking = 0;
  #outputTokens = 0;

  constructor({ provider, maxOutputTokens }: { provider: string; maxOutputTokens: number }) {
    this.#provider = provider;
    this.#maxOutputTokens = maxOutputTokens;
  }

  observe(part: ModelStreamPart): void {
    if (part.type === 'text') this.#text += part.text;
    if (part.type === 'thinking') this.#thinking += part.text.length;
    if (part.type === 'usage') this.#outputTokens = part.usage.outputTokens;
  }

  /**
   * The reason for the end of the answer; the provider's word and explanation name it in errors.
   * Errors: REFUSED; TRUNCATED when the answer broke off; OUTPUT_LIMIT when a limit was reached before any text.
   */
  endReason(end: AnswerEnd, { endWord, endWords }: EndWords): EndReason {
    const provider = this.#provider;
    const isEmpty = this.#text.trim() === '';
    if (end === 'complete') return 'stop';
    const why = `${endWord ? ` (${endWord})` : ''}${endWords ? `: "${endWords}"` : ''}`;
    if (end === 'refused')
      throw new ModelError('REFUSED', `${provider} refused the content${why}. Rephrase it.`);
    if (end === 'broken')
      throw new ModelError(
        'TRUNCATED',
        `${provider} ended its answer before it was complete${why}. Try again.`,
      );
    if (end === 'length' && isEmpty) throw new ModelError('OUTPUT_LIMIT', `${provider} ${USED_UP}`);
    if (end === 'window' && isEmpty) throw new ModelError('OUTPUT_LIMIT', `${provider} ${WINDOW_FULL}`);
    if (end === 'length') return this.#wasMostlyThinking() ? 'thinking' : 'length';
    return end === 'window' ? 'window' : 'unknown';
  }

  /** Whether thinking took the place of the text. Some providers count their thinking without sending it. */
  #wasMostlyThinking(): boolean {
    const textTokens = estimateTokens(this.#text);
    if (textTokens > this.#maxOutputTokens / 2) return false; // it had a room of its own
    return this.#thinking > this.#text.length || this.#outputTokens > 2 * textTokens;
  }
}

interface EndWords {
  endWord: string;
  endWords: string;
}

const USED_UP =
  'returned no text: thinking used up the limit of output tokens. Raise maxOutputTokens, or choose a model that thinks less.';
const WINDOW_FULL =
  'returned no text: the context window of the model is full. Shorten the prompt, or choose a model with a larger window.';
