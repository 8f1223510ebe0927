import type { Part } from '@google/genai';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import type { Outcome, ProviderConnection, StreamError } from './provider-call.ts';
import { field } from './provider-errors.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** Google's Gemini API. */
export const google = defineProvider({
  title: 'Google',
  description: 'Google’s Gemini models.',
  baseUrl: 'https://generativelanguage.googleapis.com',
  parts,
  errorInStream,
});

async function* parts(
  request: ModelRequest,
  connection: ProviderConnection,
  server: ProviderServer,
): AsyncGenerator<ModelStreamPart> {
  let outcome: Outcome | undefined;
  let blocked = false;

  for await (const chunk of await open(request, connection, server)) {
    const usage = chunk.usageMetadata;
    yield* usageParts({
      input: (usage?.promptTokenCount ?? 0) + (usage?.toolUsePromptTokenCount ?? 0),
      output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
      cached: usage?.cachedContentTokenCount,
    });
    const candidate = chunk.candidates?.[0];
    const text = (candidate?.content?.parts ?? []).map(textOf).join('');
    if (text) yield { type: 'text', text };
    if (chunk.promptFeedback?.blockReason) blocked = true;
    if (candidate?.finishReason) outcome = OUTCOMES[candidate.finishReason];
  }
  yield connection.end(blocked ? 'refused' : outcome);
}

async function open(
  { model, system, messages, maxOutputTokens, json }: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const { GoogleGenAI } = await import('@google/genai');
  const client = new GoogleGenAI({
    apiKey,
    vertexai: false,
    httpOptions: { baseUrl, apiVersion: 'v1beta', fetch: connection.fetch },
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

/** Reasoning also arrives as text but is not part of the answer. */
function textOf(part: Part): string {
  return part.thought ? '' : (part.text ?? '');
}

/** An event with an `error`. The SDK throws an error with its status and the SDK's own message. */
function errorInStream(error: unknown): StreamError | undefined {
  const status = field(error, 'status');
  return typeof status === 'number' ? { status } : undefined;
}

/** With any other finish reason, e.g. a malformed function call, the answer is incomplete. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'refused',
  RECITATION: 'refused',
  LANGUAGE: 'refused',
  BLOCKLIST: 'refused',
  PROHIBITED_CONTENT: 'refused',
  SPII: 'refused',
};
