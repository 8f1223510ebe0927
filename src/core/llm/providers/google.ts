import type {
  GenerateContentResponse,
  GenerateContentResponseUsageMetadata,
  ThinkingConfig,
  ThinkingLevel,
} from '@google/genai';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import { outputLimit, systemPrompt, thinkingBudget, thinkingEffort } from '../request.ts';
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
    if (reason !== UNSPECIFIED) connection.endsWith(reason, field(candidate, 'finishMessage'));
    const { blockReason, blockReasonMessage } = chunk.promptFeedback ?? {};
    if (blockReason && !String(blockReason).endsWith('_UNSPECIFIED')) {
      connection.endsWith(blockReason);
      connection.refuses(blockReasonMessage);
    }
    const { parts = [] } = (field(candidate, 'content') ?? {}) as { parts?: unknown };
    const texts = (Array.isArray(parts) ? parts : [parts]).flatMap(partOf);
    return [...texts, ...usageOf(chunk.usageMetadata)]; // the usage after the text that it counts
  };
}

/** One answer is requested; a server may send more. */
function isFirst(candidate: unknown): boolean {
  return Number(field(candidate, 'index') ?? 0) === 0;
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
  request: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const { model, messages, thinkingTokens, output } = request;
  const system = systemPrompt(request);
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
      maxOutputTokens: outputLimit(request),
      ...(thinkingTokens ? { thinkingConfig: thinkingConfig(request) } : {}),
      abortSignal: connection.signal,
    },
  });
}

/** The models of 2.5 take a number, later ones a level. */
function thinkingConfig(request: ModelRequest): ThinkingConfig {
  if (request.model.startsWith('gemini-2.5')) return { thinkingBudget: thinkingBudget(request) };
  return { thinkingLevel: thinkingEffort(request).toUpperCase() as ThinkingLevel };
}

const UNSPECIFIED = 'FINISH_REASON_UNSPECIFIED';
