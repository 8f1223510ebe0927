import { setTimeout as sleep } from 'node:timers/promises';
import type { LanguageModel, ModelStreamPart, ModelRequest } from '../language-model.ts';
import { estimateInputTokens, splitTokens } from '../tokens.ts';
import type { Provider } from './provider.ts';

export const offline: Provider = {
  title: 'Offline',
  description: 'Scripted, deterministic model for trials and tests. Needs no key and no network.',
};

/**
 * A model that needs no key and no network: it streams the text that `script` returns for a request, word by word.
 * The same request always produces the same parts. Its tokens are those of `splitTokens`.
 */
export class OfflineModel implements LanguageModel {
  readonly #script: (request: ModelRequest) => string;
  readonly #tokenMs: number;

  /** `tokensPerSecond`: 0 and Infinity stream without delay. */
  constructor({ script, tokensPerSecond = 200 }: OfflineModelOptions) {
    this.#script = script;
    this.#tokenMs = tokensPerSecond > 0 ? 1_000 / tokensPerSecond : 0;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    signal.throwIfAborted();
    const all = splitTokens(this.#script(request));
    const tokens = all.slice(0, request.maxOutputTokens);
    const tokenMs = request.output ? 0 : this.#tokenMs; // JSON is not shown while it is generated
    const startedAt = performance.now();

    for (const [index, text] of tokens.entries()) {
      await waitUntil(startedAt + (index + 1) * tokenMs, signal);
      yield { type: 'text', text };
    }
    const usage = { inputTokens: estimateInputTokens(request), outputTokens: tokens.length };
    yield { type: 'usage', usage };
    yield { type: 'end', reason: tokens.length < all.length ? 'length' : 'stop' };
  }
}

/** Waits until a point in time, so that slow readers and coarse timers do not reduce the rate. */
async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const leftMs = time - performance.now();
  if (leftMs > 0) await sleep(leftMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export interface OfflineModelOptions {
  script: (request: ModelRequest) => string;
  tokensPerSecond?: number;
}
