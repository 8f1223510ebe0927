import type { Part } from '@google/genai';
import type { LanguageModel, ModelPiece, ModelRequest } from './language-model.ts';
import {
  callProvider,
  DEFAULT_TIMEOUTS,
  type ProviderOptions,
  type StreamError,
  usagePieces,
  type Wire,
} from './provider-call.ts';
import { field } from './provider-errors.ts';

/** Google's Gemini API. */
export class GoogleModel implements LanguageModel {
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelPiece> {
    const { apiKey, timeouts = DEFAULT_TIMEOUTS } = this.#options;
    const pieces = (wire: Wire) => this.#pieces(request, wire);
    return callProvider({ provider: 'Google', apiKey, timeouts, signal, pieces, toldInStream });
  }

  async *#pieces(request: ModelRequest, wire: Wire): AsyncGenerator<ModelPiece> {
    let finish: string | undefined;
    let blocked = false;

    for await (const chunk of await this.#open(request, wire)) {
      const usage = chunk.usageMetadata;
      yield* usagePieces({
        input: (usage?.promptTokenCount ?? 0) + (usage?.toolUsePromptTokenCount ?? 0),
        output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
        cached: usage?.cachedContentTokenCount,
      });
      const candidate = chunk.candidates?.[0];
      const text = (candidate?.content?.parts ?? []).map(textOf).join('');
      if (text) yield { type: 'text', text };
      if (chunk.promptFeedback?.blockReason) blocked = true;
      finish = candidate?.finishReason ?? finish;
    }

    if (blocked || REFUSALS.has(finish ?? '')) throw wire.refused();
    if (finish !== 'STOP' && finish !== 'MAX_TOKENS') throw wire.truncated();
    yield { type: 'end', reason: finish === 'STOP' ? 'stop' : 'length' };
  }

  async #open({ model, system, messages, maxOutputTokens, json }: ModelRequest, wire: Wire) {
    const { GoogleGenAI } = await import('@google/genai');
    const { apiKey, baseUrl } = this.#options;
    const client = new GoogleGenAI({
      apiKey,
      vertexai: false,
      httpOptions: {
        baseUrl: baseUrl ?? 'https://generativelanguage.googleapis.com',
        apiVersion: 'v1beta',
        fetch: wire.fetch,
      },
    });
    return client.models.generateContentStream({
      model,
      contents: messages.map(({ role, content }) => ({
        role: role === 'assistant' ? 'model' : 'user',
        parts: [{ text: content }],
      })),
      config: {
        ...(system ? { systemInstruction: system } : {}),
        ...(json ? { responseMimeType: 'application/json' } : {}),
        maxOutputTokens,
        abortSignal: wire.signal,
      },
    });
  }
}

/** What the model thinks comes as text too, and is no part of the answer. */
function textOf(part: Part): string {
  return part.thought ? '' : (part.text ?? '');
}

/** An event with an `error` in it: the SDK makes it an error with the status, and a message of its own making. */
function toldInStream(error: unknown): StreamError | undefined {
  const status = field(error, 'status');
  return typeof status === 'number' ? { status } : undefined;
}

const REFUSALS: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
]);
