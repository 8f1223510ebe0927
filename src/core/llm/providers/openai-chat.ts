import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { CompletionUsage } from 'openai/resources/completions';
import type { ModelStreamPart, OutputFormat } from '../language-model.ts';
import { outputLimit, systemPrompt, thinkingEffort } from '../request.ts';
import { field, listField } from '../wire/field.ts';
import { contentParts, thinkingParts } from './content-parts.ts';
import { openAiClient } from './openai-client.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { type ProviderProtocol, usageParts } from './provider.ts';

/** OpenAI's Chat Completions API, for proxies that know no other. */
export const openAiChat: ProviderProtocol = { send: sendWith('max_completion_tokens'), reader };

/**
 * The same for other servers that speak it. Some of them, e.g. Ollama, ignore the newer name of the limit without a word,
 * and would write without one.
 */
export const compatibleChat: ProviderProtocol = { send: sendWith('max_tokens'), reader };

function reader(connection: ProviderConnection): EventReader {
  return (event) => {
    const chunk = event as Partial<ChatCompletionChunk>;
    const choice = listField(chunk, 'choices').find(isFirst);
    const delta = field(choice, 'delta');
    if (field(delta, 'refusal')) connection.refuses(field(delta, 'refusal'));
    connection.endsWith(field(choice, 'finish_reason'));
    return [
      ...thinkingParts(THINKING_FIELDS.map((name) => field(delta, name)).find(Boolean)),
      ...contentParts(field(delta, 'content')),
      ...usageOf(chunk.usage), // after the text that it counts
    ];
  };
}

/** One answer is requested; a server may send more. */
function isFirst(choice: unknown): boolean {
  return (field(choice, 'index') ?? 0) === 0;
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
