import type { ModelRequest, ModelStreamPart, OutputFormat } from '../language-model.ts';
import { outputLimit, systemPrompt, thinkingEffort } from '../request.ts';
import { field, listField, textField } from '../wire/field.ts';
import { contentParts, thinkingParts } from './content-parts.ts';
import { openAiClient } from './openai-client.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { type ProviderProtocol, type ProviderServer, usageParts } from './provider.ts';

/** OpenAI's Responses API. */
export const openAiResponses: ProviderProtocol = { send, reader };

/** The protocol sends each text in deltas, then as a whole, then within the whole response. Servers leave some of it out. */
function reader(connection: ProviderConnection): EventReader {
  /** The contents whose deltas or whole have arrived. */
  const arrived = new Set<string>();
  const isNew = (event: object): boolean => {
    const place = `${String(field(event, 'output_index'))} ${String(field(event, 'content_index'))}`;
    return arrived.size < arrived.add(place).size;
  };
  const whole = (event: object, content: unknown): ModelStreamPart[] => {
    const refusal = textField(content, 'refusal');
    const parts = contentParts(content);
    if ((parts.length === 0 && !refusal) || !isNew(event)) return [];
    if (refusal) connection.refuses(refusal);
    return parts;
  };

  return (event) => {
    const type = String(field(event, 'type'));
    switch (type) {
      case 'response.output_text.delta':
        isNew(event);
        return contentParts(field(event, 'delta'));
      case 'response.refusal.delta':
        isNew(event);
        connection.refuses(field(event, 'delta'));
        return [];
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return thinkingParts(field(event, 'delta'));
      case 'response.output_text.done':
        return whole(event, field(event, 'text'));
      case 'response.refusal.done':
        return whole(event, event);
      case 'response.content_part.added':
      case 'response.content_part.done':
        return whole(event, field(event, 'part'));
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed': {
        const response = field(event, 'response');
        connection.endsWith(endWord(response) ?? type.slice('response.'.length));
        const missing = arrived.size === 0 ? contentsOf(response) : [];
        return [
          ...missing.flatMap((content, n) => whole({ content_index: n }, content)),
          ...usageOf(field(response, 'usage')),
        ];
      }
      default:
        return [];
    }
  };
}

function endWord(response: unknown): string | undefined {
  return textField(field(response, 'incomplete_details'), 'reason') ?? textField(response, 'status');
}

function contentsOf(response: unknown): unknown[] {
  const messages = listField(response, 'output').filter((item) => field(item, 'type') === 'message');
  return messages.flatMap((message) => listField(message, 'content'));
}

/** The output tokens include the thinking. */
function usageOf(usage: unknown): ModelStreamPart[] {
  const details = field(usage, 'input_tokens_details');
  return usageParts({
    input: field(usage, 'input_tokens'),
    output: field(usage, 'output_tokens'),
    cached: field(details, 'cached_tokens'),
    written: field(details, 'cache_write_tokens'),
  });
}

function textFormat({ name, schema }: OutputFormat) {
  if (!schema) return { type: 'json_object' as const };
  return { type: 'json_schema' as const, name, schema: { ...schema }, strict: true };
}

/** The system prompt is a message, because a JSON mode without a schema wants the word JSON in one. */
async function send(request: ModelRequest, connection: ProviderConnection, server: ProviderServer) {
  const { model, messages, thinkingTokens, output } = request;
  const system = systemPrompt(request);
  const client = await openAiClient(connection, server);
  await client.responses.create(
    {
      model,
      input: [...(system ? [{ role: 'system' as const, content: system }] : []), ...messages],
      max_output_tokens: outputLimit(request),
      ...(thinkingTokens ? { reasoning: { effort: thinkingEffort(request) } } : {}),
      ...(output ? { text: { format: textFormat(output) } } : {}),
      store: false,
      stream: true,
    },
    { signal: connection.signal },
  );
}
