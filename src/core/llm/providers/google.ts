import type { GenerateContentResponseUsageMetadata } from '@google/genai';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import { field, listField, textField } from '../wire/field.ts';
import type { ProviderConnection } from './provider-call.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** Google's Gemini API. */
export const google = defineProvider({
  title: 'Google',
  description: 'Google’s Gemini models.',
  baseUrl: 'https://generativelanguage.googleapis.com',
  parts,
});

async function* parts(
  request: ModelRequest,
  connection: ProviderConnection,
  server: ProviderServer,
): AsyncGenerator<ModelStreamPart> {
  for await (const chunk of await open(request, connection, server)) {
    const candidate = listField(chunk, 'candidates').find(isFirst);
    yield* listField(field(candidate, 'content'), 'parts').flatMap(partOf);
    if (field(candidate, 'finishReason') !== UNSPECIFIED)
      connection.endsWith(field(candidate, 'finishReason'));
    if (chunk.promptFeedback?.blockReason) connection.endsWith('PROHIBITED_CONTENT');
    yield* usageOf(chunk.usageMetadata); // after the text that it counts
  }
}

/** One answer is requested; a server may send more. */
function isFirst(candidate: unknown): boolean {
  return (field(candidate, 'index') ?? 0) === 0;
}

/** Code and files are parts, too, but no text. */
function partOf(part: unknown): ModelStreamPart[] {
  const text = textField(part, 'text');
  return text ? [{ type: field(part, 'thought') ? 'thinking' : 'text', text }] : [];
}

function usageOf(usage: GenerateContentResponseUsageMetadata | undefined): ModelStreamPart[] {
  return usageParts({
    input: (usage?.promptTokenCount ?? 0) + (usage?.toolUsePromptTokenCount ?? 0),
    output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    cached: usage?.cachedContentTokenCount,
  });
}

async function open(
  { model, system, messages, maxOutputTokens, output }: ModelRequest,
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
      ...(output ? { responseMimeType: 'application/json' } : {}),
      ...(output?.schema ? { responseJsonSchema: output.schema } : {}),
      maxOutputTokens,
      abortSignal: connection.signal,
    },
  });
}

const UNSPECIFIED = 'FINISH_REASON_UNSPECIFIED';
