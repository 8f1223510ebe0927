import type { ModelRequest } from '../language-model.ts';
import { outputLimit } from '../request.ts';
import { ThinkingFilter } from './thinking-filter.ts';

/**
 * Remembers of each model of a client whether its text begins inside of its thinking, as far as its answers have told.
 * Where that is likely, nothing of an answer is shown before a sign: the end of its thinking, thinking that its server sends
 * apart, or the end of the answer. An answer in a form is read as a whole, and never held back.
 */
export class ThinkingHabits {
  readonly #servers: Servers;
  /** Few: only models with a known price are called. */
  readonly #beginsInside = new Map<string, boolean>();

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  filterFor(request: ModelRequest): ThinkingFilter {
    const { model, output, thinkingTokens } = request;
    const known = this.#beginsInside.get(model);
    const isNamed = this.#servers !== 'OWN' && OPENS_IN_PROMPT.test(model);
    const hasRoom = this.#servers === 'UNKNOWN' && thinkingTokens !== undefined;
    const mayBeginInside = output === undefined && (isNamed || hasRoom);
    return new ThinkingFilter({
      mayBeginInside,
      suspect: mayBeginInside && (isNamed || known !== false),
      mostHeld: outputLimit(request) * MAX_CHARACTERS_PER_TOKEN,
      onTold: (isInside) => {
        // A model that thinks may also answer without.
        if (isInside || (output === undefined && known === undefined))
          this.#beginsInside.set(model, isInside);
      },
    });
  }
}

/**
 * Names of models whose prompt template opens the thinking, so that only its end stands in their text: DeepSeek R1 and
 * what was distilled from it, QwQ, Qwen's Thinking models.
 */
const OPENS_IN_PROMPT = /\br1\b|\bqwq\b|thinking|reasoning/i;

/** No text of an answer has more on average. */
const MAX_CHARACTERS_PER_TOKEN = 32;

/** OWN: those of the provider, which send thinking apart. PROXY: in front of them. UNKNOWN: any, with any prompt template. */
type Servers = 'OWN' | 'PROXY' | 'UNKNOWN';
