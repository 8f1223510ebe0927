import type {
  MessageCreateParams,
  RawMessageStreamEvent,
  TextBlockParam,
} from '@anthropic-ai/sdk/resources/messages';
import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import { outputLimit, thinkingBudget, thinkingEffort } from '../request.ts';
import { estimateTokens } from '../tokens.ts';
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
    if (event.type === 'message_delta') {
      const details = field(event.delta, 'stop_details');
      connection.endsWith(
        event.delta?.stop_reason,
        field(details, 'explanation') ?? field(details, 'category'),
      );
    }
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
  request: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const system = systemBlocks(request);
  const { Anthropic } = await import('@anthropic-ai/sdk');
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: 'off',
    fetch: connection.fetch,
  });
  await client.messages.create(
    {
      model: request.model,
      ...(system.length > 0 ? { system } : {}),
      messages: [...request.messages],
      max_tokens: outputLimit(request),
      ...thinkingAndForm(request),
      stream: true,
    },
    { signal: connection.signal },
  );
}

/** The cache ends with the part that all calls of this kind share. Models that cache only longer parts ignore the mark. */
function systemBlocks({ system, systemSuffix, output }: ModelRequest): TextBlockParam[] {
  const isCached = estimateTokens(system) >= CACHED_FROM_TOKENS;
  const cached = { cache_control: { type: 'ephemeral' as const } };
  const rest = [systemSuffix, output ? JSON_INSTRUCTION : ''].filter(Boolean).join('\n\n');
  const blocks = [{ text: system, ...(isCached ? cached : {}) }, { text: rest }];
  return blocks.filter(({ text }) => text !== '').map((block) => ({ type: 'text', ...block }));
}

/** The newest models cache parts from 512 tokens on, and count up to a quarter more than we estimate. */
const CACHED_FROM_TOKENS = 400;

function thinkingAndForm(request: ModelRequest): Partial<MessageCreateParams> {
  const { model, thinkingTokens, output } = request;
  const format = output?.schema ? { type: 'json_schema' as const, schema: { ...output.schema } } : undefined;
  if (!thinkingTokens) return format ? { output_config: { format } } : {};
  if (THINKS_BY_BUDGET.test(model)) {
    const thinking = { type: 'enabled' as const, budget_tokens: thinkingBudget(request) };
    return { thinking, ...(format ? { output_config: { format } } : {}) };
  }
  return {
    thinking: { type: 'adaptive' },
    output_config: { effort: thinkingEffort(request), ...(format ? { format } : {}) },
  };
}

/** Later models take an effort only. */
const THINKS_BY_BUDGET = /^claude-(?:opus|sonnet|haiku)-4-5\b/;

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
