import type { ModelRequest, ModelStreamPart, OutputFormat } from '../language-model.ts';
import { outputLimit, systemPrompt, thinkingEffort } from '../request.ts';
import { ArrivedTexts, type TextPlace } from '../wire/arrived-texts.ts';
import { field, listField, textField } from '../wire/field.ts';
import { contentParts, textOf, thinkingParts } from './content-parts.ts';
import { openAiChat } from './openai-chat.ts';
import { openAiClient } from './openai-client.ts';
import type { EventReader, ProviderConnection } from './provider-call.ts';
import { type ProviderProtocol, type ProviderServer, usageParts } from './provider.ts';

/** OpenAI's Responses API. */
export const openAiResponses: ProviderProtocol = { send, reader };

/** The protocol sends each text in deltas, then as a whole, then within the whole response. Servers leave some of it out. */
function reader(connection: ProviderConnection): EventReader {
  const readChat = openAiChat.reader(connection);
  const answer = new ResponsesAnswer(connection);
  return (event) => {
    if (field(event, 'choices') !== undefined) return readChat(event); // from a proxy of another server
    const type = String(field(event, 'type'));
    switch (type) {
      case 'response.output_text.delta':
        return answer.piece(event);
      case 'response.refusal.delta':
        return answer.refusal(field(event, 'delta'));
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return thinkingParts(field(event, 'delta'));
      case 'response.output_text.done':
        return answer.whole(event, field(event, 'text'));
      case 'response.refusal.done':
        return answer.whole(event, { type: 'refusal', refusal: field(event, 'refusal') });
      case 'response.content_part.added':
      case 'response.content_part.done':
        return answer.whole(event, field(event, 'part'));
      case 'response.output_item.added':
      case 'response.output_item.done':
        return answer.item(field(event, 'item'), field(event, 'output_index'));
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed': {
        const response = field(event, 'response');
        connection.endsWith(endWord(response) ?? type.slice('response.'.length));
        const parts = listField(response, 'output').flatMap((item, n) => answer.item(item, n));
        return [...parts, ...usageOf(field(response, 'usage'))];
      }
      default:
        return [];
    }
  };
}

/** The texts and refusals of one answer, each read once. */
class ResponsesAnswer {
  readonly #connection: ProviderConnection;
  readonly #texts = new ArrivedTexts();
  #isRefused = false;

  constructor(connection: ProviderConnection) {
    this.#connection = connection;
  }

  piece(event: object): ModelStreamPart[] {
    const parts = contentParts(field(event, 'delta'), this.#leaveOut);
    this.#texts.add(placeOf(event), textOf(parts));
    return parts;
  }

  refusal(words: unknown): [] {
    this.#isRefused = true;
    this.#connection.refuses(words);
    return [];
  }

  /** A whole content. Its thinking has come in deltas. */
  whole(place: object, content: unknown): ModelStreamPart[] {
    const refusal = textField(content, 'refusal');
    if (refusal) return this.#isRefused ? [] : this.refusal(refusal);
    const text = textOf(contentParts(content, this.#leaveOut));
    return text ? contentParts(this.#texts.complete(placeOf(place), text)) : [];
  }

  item(item: unknown, output_index: unknown): ModelStreamPart[] {
    const type = field(item, 'type');
    if (CALLS.has(String(type))) this.#leaveOut();
    if (type !== 'message') return [];
    const place = { item_id: field(item, 'id'), output_index };
    return listField(item, 'content').flatMap((content, n) =>
      this.whole({ ...place, content_index: n }, content),
    );
  }

  readonly #leaveOut = (): void => this.#connection.leavesOut();
}

/** Servers leave out the index of the content, that of the item or its id. */
function placeOf(event: object): TextPlace {
  const id = textField(event, 'item_id');
  const [output, content] = [indexIn(event, 'output_index'), indexIn(event, 'content_index')];
  const hasIndex = output !== undefined || content !== undefined;
  return {
    id: id === undefined ? undefined : `${id} ${content ?? 0}`,
    index: hasIndex ? `${output ?? 0} ${content ?? 0}` : undefined,
  };
}

/** Some servers write numbers as texts. */
function indexIn(event: object, name: string): number | undefined {
  const index = Number(field(event, name) ?? NaN);
  return Number.isInteger(index) ? index : undefined;
}

/** A tool that was called stands in the output of a completed response. */
function endWord(response: unknown): string | undefined {
  const reason = textField(field(response, 'incomplete_details'), 'reason');
  const types = listField(response, 'output').map((item) => textField(item, 'type'));
  return reason ?? types.find((type) => type && CALLS.has(type)) ?? textField(response, 'status');
}

/** Of tools that the server does not run itself. */
const CALLS: ReadonlySet<string> = new Set(['function_call', 'custom_tool_call']);

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
