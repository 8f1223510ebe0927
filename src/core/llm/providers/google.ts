import type { Part } from '@google/genai';
import type { LanguageModel, ModelStreamPart, ModelRequest } from '../language-model.ts';
import {
  callProvider,
  DEFAULT_TIMEOUTS,
  type ProviderOptions,
  type StreamError,
  usagePieces,
  type ProviderConnection,
} from './provider-call.ts';
import { field } from './provider-errors.ts';

/** Google's Gemini API. */
export class GoogleModel implements LanguageModel {
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelStreamPart> {
    const { apiKey, timeouts = DEFAULT_TIMEOUTS } = this.#options;
    const pieces = (connection: ProviderConnection) => this.#pieces(request, connection);
    return callProvider({ provider: 'Google', apiKey, timeouts, signal, pieces, errorInStream });
  }

  async *#pieces(request: ModelRequest, connection: ProviderConnection): AsyncGenerator<ModelStreamPart> {
    let finish: string | undefined;
    let blocked = false;

    for await (const chunk of await this.#open(request, connection)) {
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

    if (blocked || REFUSALS.has(finish ?? '')) throw connection.refused();
    if (finish !== 'STOP' && finish !== 'MAX_TOKENS') throw connection.truncated();
    yield { type: 'end', reason: finish === 'STOP' ? 'stop' : 'length' };
  }

  async #open(
    { model, system, messages, maxOutputTokens, json }: ModelRequest,
    connection: ProviderConnection,
  ) {
    const { GoogleGenAI } = await import('@google/genai');
    const { apiKey, baseUrl } = this.#options;
    const client = new GoogleGenAI({
      apiKey,
      vertexai: false,
      httpOptions: {
        baseUrl: baseUrl ?? 'https://generativelanguage.googleapis.com',
        apiVersion: 'v1beta',
        fetch: connection.fetch,
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
        abortSignal: connection.signal,
      },
    });
  }
}

/** What the model thinks comes as text too, and is no part of the answer. */
function textOf(part: Part): string {
  return part.thought ? '' : (part.text ?? '');
}

/** An event with an `error` in it: the SDK makes it an error with the status, and a message of its own making. */
function errorInStream(error: unknown): StreamError | undefined {
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
