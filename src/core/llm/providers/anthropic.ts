import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import type { JsonSchema } from '../structured/output-schema.ts';
import { field } from '../wire/field.ts';
import { contentParts, thinkingParts } from './content-parts.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** Anthropic's Messages API. It has no JSON mode without a schema, so the instructions request JSON. */
export const anthropic = defineProvider({
  title: 'Anthropic',
  description: 'Anthropic’s Claude models.',
  baseUrl: 'https://api.anthropic.com',
  send,
  reader,
});

/** The first event has the input tokens, the last but one the output tokens. Later counts replace earlier ones. */
function reader(connection: ProviderConnection): EventReader {
  let counts: Counts = {};
  return (data) => {
    const event = data as RawMessageStreamEvent;
    if (event.type === 'message_stop') connection.hasEnded();
    if (event.type === 'message_delta') connection.endsWith(event.delta?.stop_reason);
    if (event.type !== 'message_start' && event.type !== 'message_delta') return partsOf(event);
    counts = latest(counts, event.type === 'message_start' ? event.message?.usage : event.usage);
    return [...partsOf(event), ...usageParts(sumUp(counts))];
  };
}

/** Text and thinking come in deltas; the protocol also allows them in the start of a block and of the message. */
function partsOf(event: RawMessageStreamEvent): ModelStreamPart[] {
  if (event.type === 'message_start') return contentParts(field(event.message, 'content'));
  if (event.type === 'content_block_start') return contentParts(event.content_block);
  if (event.type !== 'content_block_delta') return [];
  const { delta } = event;
  if (field(delta, 'type') === 'text_delta') return contentParts(field(delta, 'text'));
  if (field(delta, 'type') === 'thinking_delta') return thinkingParts(field(delta, 'thinking'));
  return [];
}

async function send(
  { model, system, messages, maxOutputTokens, output }: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const { Anthropic } = await import('@anthropic-ai/sdk');
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: 'off',
    fetch: connection.fetch,
  });
  const instructions = [system, output ? JSON_INSTRUCTION : ''].filter(Boolean).join('\n\n');
  await client.messages.create(
    {
      model,
      ...(instructions ? { system: instructions } : {}),
      messages: [...messages],
      max_tokens: maxOutputTokens,
      ...(output?.schema ? { output_config: { format: formatOf(output.schema) } } : {}),
      stream: true,
    },
    { signal: connection.signal },
  );
}

function formatOf(schema: JsonSchema) {
  return { type: 'json_schema' as const, schema: { ...schema } };
}

/** A later count replaces an earlier one; an omitted count keeps its value. */
function latest(counts: Counts, update: Counts | undefined): Counts {
  const given = Object.entries(update ?? {}).filter(([, count]) => typeof count === 'number');
  return { ...counts, ...Object.fromEntries(given) };
}

/** Anthropic's `input_tokens` excludes the cached parts of the prompt. */
function sumUp(counts: Counts) {
  const cached = counts.cache_read_input_tokens ?? 0;
  const written = counts.cache_creation_input_tokens ?? 0;
  return {
    input: (counts.input_tokens ?? 0) + cached + written,
    output: counts.output_tokens,
    cached,
    written,
  };
}

const JSON_INSTRUCTION = 'Answer with one JSON object and nothing else: no words around it, no code fence.';

interface Counts {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
}
