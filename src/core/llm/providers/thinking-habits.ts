import type { ModelRequest } from '../language-model.ts';
import { outputLimit } from '../request.ts';
import { ThinkingFilter } from './thinking-filter.ts';

/**
 * Remembers of each model of a client whether its text begins inside of its thinking, as far as its answers have told.
 * Where that is likely, nothing of an answer is shown before a sign: the end of its thinking, thinking that its server sends
 * apart, or the end of the answer.
 */
export class ThinkingHabits {
  readonly #isUnknownServer: boolean;
  /** Few: only models with a known price are called. */
  readonly #beginsInside = new Map<string, boolean>();

  /** `isUnknownServer`: its models may think in their text, with any prompt template. */
  constructor(isUnknownServer: boolean) {
    this.#isUnknownServer = isUnknownServer;
  }

  filterFor(request: ModelRequest): ThinkingFilter {
    const { model, output, thinkingTokens } = request;
    const known = this.#beginsInside.get(model);
    const thinksSomewhere = this.#isUnknownServer && thinkingTokens !== undefined;
    return new ThinkingFilter({
      hold: output !== undefined,
      suspect: OPENS_IN_PROMPT.test(model) || (known ?? thinksSomewhere),
      mostHeld: outputLimit(request) * MAX_CHARACTERS_PER_TOKEN,
      onTold: (isInside) => {
        // A form leaves no room for thinking, and a model that thinks may also answer without.
        if (isInside || (output === undefined && known === undefined))
          this.#beginsInside.set(model, isInside);
      },
    });
  }
}

/**
 * Names of models whose prompt template opens the thinking, so that only its end stands in their text: DeepSeek R1 and
 * what was distilled from it, QwQ, Qwen's Thinking models. Such a model by another name and without room for its thinking is
 * found out by its first answer, whose thinking is shown until it ends, once in each process: to spare that, every model's
 * text would have to be held back.
 */
const OPENS_IN_PROMPT = /\br1\b|\bqwq\b|thinking|reasoning/i;

/** No text of an answer has more on average. */
const MAX_CHARACTERS_PER_TOKEN = 32;
