import type { GenerateContentResponse, GenerateContentResponseUsageMetadata } from '@google/genai';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import { field, listField, textField } from '../wire/field.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** Google's Gemini API. */
export const google = defineProvider({
  title: 'Google',
  description: 'Google’s Gemini models.',
  baseUrl: 'https://generativelanguage.googleapis.com',
  send,
  reader,
});

function reader(connection: ProviderConnection): EventReader {
  return (event) => {
    const chunk = event as Partial<GenerateContentResponse>;
    const candidate = listField(chunk, 'candidates').find(isFirst);
    const reason = field(candidate, 'finishReason');
    if (reason !== UNSPECIFIED) connection.endsWith(reason);
    if (chunk.promptFeedback?.blockReason) connection.endsWith('PROHIBITED_CONTENT');
    const parts = listField(field(candidate, 'content'), 'parts').flatMap(partOf);
    return [...parts, ...usageOf(chunk.usageMetadata)]; // the usage after the text that it counts
  };
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

async function send(
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
  await client.models.generateContentStream({
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
