import { setTimeout as sleep } from 'node:timers/promises';
import type { LanguageModel, ModelStreamPart, ModelRequest } from '../language-model.ts';
import { estimateInputTokens, splitTokens } from '../tokens.ts';
import type { Provider } from './provider.ts';

export const offline: Provider = {
  title: 'Offline',
  description: 'Scripted and deterministic: needs no key and no network, for trying the API and for tests.',
};

/**
 * A model that needs no key and no network: it plays the text that `script` gives for a request, word by word.
 * The same request always gives the same parts. Its tokens are those of `splitTokens`.
 */
export class OfflineModel implements LanguageModel {
  readonly #script: (request: ModelRequest) => string;
  readonly #tokenMs: number;

  /** `tokensPerSecond`: 0 or Infinity play without waiting. */
  constructor({ script, tokensPerSecond = 200 }: OfflineModelOptions) {
    this.#script = script;
    this.#tokenMs = tokensPerSecond > 0 ? 1_000 / tokensPerSecond : 0;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    signal.throwIfAborted();
    const all = splitTokens(this.#script(request));
    const tokens = all.slice(0, request.maxOutputTokens);
    const tokenMs = request.json ? 0 : this.#tokenMs; // nobody watches JSON being written
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

/** By the clock, so that slow readers and coarse timers do not slow the pace down. */
async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const leftMs = time - performance.now();
  if (leftMs > 0) await sleep(leftMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export interface OfflineModelOptions {
  script: (request: ModelRequest) => string;
  tokensPerSecond?: number;
}
