import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { CompletionUsage } from 'openai/resources/completions';
import type { ModelStreamPart, OutputFormat } from '../language-model.ts';
import { outputLimit, systemPrompt, thinkingEffort } from '../request.ts';
import { field, listField } from '../wire/field.ts';
import { contentParts, textOf, thinkingParts } from './content-parts.ts';
import { openAiClient } from './openai-client.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { type ProviderProtocol, usageParts } from './provider.ts';

/** OpenAI's Chat Completions API, for proxies that know no other. */
export const openAiChat: ProviderProtocol = { send: sendWith('max_completion_tokens'), reader };

/**
 * The same for other servers that speak it. Some of them, e.g. Ollama, ignore the newer name of the limit without a word,
 * and would write without one.
 */
export const compatibleChat: ProviderProtocol = { send: sendWith('max_tokens'), reader, thinksInText: true };

function reader(connection: ProviderConnection): EventReader {
  const readWhole = wholeReader();
  const leaveOut = () => connection.leavesOut();
  return (event) => {
    const chunk = event as Partial<ChatCompletionChunk>;
    const choice = listField(chunk, 'choices').find(isFirst);
    const delta = field(choice, 'delta');
    const message = field(choice, 'message');
    const either = delta ?? message;
    const refusal = field(either, 'refusal');
    if (refusal) connection.refuses(refusal);
    connection.endsWith(field(choice, 'finish_reason'));
    if (listField(either, 'tool_calls').length > 0) leaveOut();
    const pieces = contentParts(field(delta, 'content'), leaveOut);
    const whole = contentParts(field(message, 'content') ?? field(choice, 'text'), leaveOut);
    return [
      ...thinkingParts(THINKING_FIELDS.map((name) => field(either, name)).find(Boolean)),
      ...pieces,
      ...readWhole(textOf(pieces), textOf(whole), Boolean(field(choice, 'finish_reason'))),
      ...usageOf(chunk.usage), // after the text that it counts
    ];
  };
}

/**
 * Reads texts that do not stand in a `delta`: of servers that do not stream, or speak the oldest form of the protocol.
 * Some send them in pieces, others as a whole after the pieces.
 */
function wholeReader() {
  let arrived = '';
  let hasDeltas = false;
  return (pieces: string, text: string, isEnd: boolean): ModelStreamPart[] => {
    hasDeltas ||= pieces !== '';
    arrived += pieces;
    const isRepeated = hasDeltas || (isEnd && text.trim() === arrived.trim());
    const start = text.startsWith(arrived) ? arrived.length : text.length;
    const missing = isRepeated ? text.slice(start) : text;
    arrived += missing;
    return contentParts(missing);
  };
}

/** One answer is requested; a server may send more. */
function isFirst(choice: unknown): boolean {
  return Number(field(choice, 'index') ?? 0) === 0;
}

/** Where servers that speak this protocol put the thinking. Some send the same twice. */
const THINKING_FIELDS = ['reasoning_content', 'reasoning', 'thinking'];

/** Some servers leave the thinking out of `completion_tokens`, but not out of the total. */
function usageOf(usage: CompletionUsage | null | undefined): ModelStreamPart[] {
  if (!usage) return [];
  const { prompt_tokens: input, completion_tokens, total_tokens, prompt_tokens_details } = usage;
  const output = total_tokens > input + completion_tokens ? total_tokens - input : completion_tokens;
  const { cached_tokens: cached, cache_write_tokens: written } = prompt_tokens_details ?? {};
  return usageParts({ input, output, cached, written });
}

function responseFormat({ name, schema }: OutputFormat) {
  if (!schema) return { type: 'json_object' as const };
  return { type: 'json_schema' as const, json_schema: { name, schema: { ...schema }, strict: true } };
}

function sendWith(limit: 'max_completion_tokens' | 'max_tokens'): ProviderProtocol['send'] {
  return async (request, connection, server) => {
    const { model, messages, thinkingTokens, output } = request;
    const system = systemPrompt(request);
    const client = await openAiClient(connection, server);
    await client.chat.completions.create(
      {
        model,
        messages: [...(system ? [{ role: 'system' as const, content: system }] : []), ...messages],
        [limit]: outputLimit(request),
        ...(thinkingTokens ? { reasoning_effort: thinkingEffort(request) } : {}),
        ...(output ? { response_format: responseFormat(output) } : {}),
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal: connection.signal },
    );
  };
}
