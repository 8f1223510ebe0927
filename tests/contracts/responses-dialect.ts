import { openAiResponses } from '../../src/core/llm/providers/openai-responses.ts';
import { defineProvider } from '../../src/core/llm/providers/provider.ts';
import type { ModelUsage } from '../../src/core/llm/language-model.ts';
import { FORM, KEY, type ProviderDialect } from './provider-dialect.ts';

/** OpenAI's Responses API without the way around it that `openAi` takes for proxies. */
const provider = defineProvider({
  title: 'OpenAI Responses',
  description: '',
  baseUrl: 'http://unused.example',
  ...openAiResponses,
});

export function responsesDialect(): ProviderDialect {
  const event = (type: string, body: object = {}) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 1, ...body })}\n\n`;
  const text = (delta: string) => event('response.output_text.delta', { ...PLACE, delta });
  const answered = (type: string, response: object) =>
    event(`response.${type}`, { response: { id: 'r1', error: null, incomplete_details: null, ...response } });

  return {
    name: 'OpenAI Responses',
    create: ({ url, timeouts }) => provider.create({ apiKey: KEY, baseUrl: `${url}/v1`, timeouts }),
    finishReasons: { length: 'max_output_tokens' },
    jsonMode: /"text":\{"format":\{"type":"json_object"\}\}/,
    schemaMode: `"text":{"format":{"type":"json_schema","name":"form","schema":${JSON.stringify(FORM)},"strict":true}}`,
    connection: {
      opening: () => [
        answered('created', { status: 'in_progress', usage: null, output: [] }),
        answered('in_progress', { status: 'in_progress', usage: null, output: [] }),
        event('response.output_item.added', { output_index: 0, item: { type: 'message', content: [] } }),
        event('response.content_part.added', { ...PLACE, part: { type: 'output_text', text: '' } }),
      ],
      text,
      closing: (finish, usage) => [
        finish === 'stop'
          ? answered('completed', { status: 'completed', usage: counts(usage) })
          : answered('incomplete', {
              status: 'incomplete',
              incomplete_details: { reason: 'content_filter' },
              usage: counts(usage),
            }),
      ],
      malformed: 'event: response.output_text.delta\ndata: {"type": \n\n',
      overloaded: event('error', { code: 'server_error', message: 'overloaded', param: null }),
      limited: answered('failed', {
        status: 'failed',
        error: { code: 'rate_limit_exceeded', message: 'slow down' },
      }),
    },
    richUsage: {
      events: [
        text('answer'),
        event('response.output_text.done', { ...PLACE, text: 'answer' }),
        event('response.content_part.done', { ...PLACE, part: { type: 'output_text', text: 'answer' } }),
        answered('completed', {
          status: 'completed',
          output: [{ type: 'message', content: [{ type: 'output_text', text: 'answer' }] }],
          usage: {
            input_tokens: 100,
            output_tokens: 50,
            input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
            output_tokens_details: { reasoning_tokens: 40 },
          },
        }),
      ],
      usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 60, cacheWriteTokens: 30 },
    },
    ending: (word, usage) => {
      if (!word) return [answered('in_progress', { status: word })];
      const response = { usage: counts(usage), status: word };
      if (['completed', 'stop', 'COMPLETED'].includes(word)) return [answered('completed', response)];
      if (['failed', 'cancelled', 'error'].includes(word)) return [answered('failed', response)];
      const incomplete_details = { reason: word };
      return [answered('incomplete', { ...response, status: 'incomplete', incomplete_details })];
    },
    endMarker: ['data: [DONE]\n\n'],
    words: {
      stop: ['completed', 'stop', 'COMPLETED'],
      length: ['max_output_tokens', 'max_tokens', 'length'],
      window: ['context_length_exceeded', 'model_context_window_exceeded'],
      unknown: ['max_messages', 'steered', 'incomplete', 'SomethingNew'],
      REFUSED: ['content_filter', 'refusal', 'safety'],
      TRUNCATED: ['failed', 'cancelled', 'error'],
    },
    thinking: [
      (delta) => event('response.reasoning_text.delta', { output_index: 0, content_index: 0, delta }),
      (delta) => event('response.reasoning_summary_text.delta', { output_index: 0, summary_index: 0, delta }),
      (delta) => `data: ${JSON.stringify({ type: 'response.reasoning_text.delta', delta })}\n\n`,
    ],
    textPlaces: [
      (text) => event('response.output_text.done', { ...OTHER_PLACE, text }),
      (text) => event('response.content_part.added', { ...OTHER_PLACE, part: { type: 'output_text', text } }),
      (text) => event('response.content_part.done', { ...OTHER_PLACE, part: { type: 'output_text', text } }),
      (text) => event('response.output_item.done', { output_index: 1, item: message('m2', text) }),
      (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
      (delta) => `event: response.output_text.delta\ndata: ${JSON.stringify({ delta })}\n\n`,
      (text) => event('response.output_text.delta', { delta: [{ type: 'output_text', text }] }),
    ],
    noText: [
      event('response.output_text.delta', { ...PLACE, delta: 7 }),
      event('response.output_text.delta', { ...PLACE, delta: { type: 'output_image', text: 'x' } }),
      event('response.output_text.done', { ...PLACE, text: 'Half ' }),
      event('response.content_part.done', { ...PLACE, part: { type: 'output_text', text: 'Half ' } }),
      event('response.content_part.added', { ...OTHER_PLACE, part: { type: 'reasoning_text', text: 'x' } }),
      event('response.function_call_arguments.delta', { output_index: 1, delta: '{"a":1}' }),
      event('response.function_call_arguments.done', { output_index: 1, arguments: '{}' }),
      event('response.output_text.annotation.added', { ...PLACE, annotation: { title: 'x' } }),
      event('response.output_item.done', { output_index: 1, item: { type: 'reasoning', summary: [] } }),
      event('response.something_new', { delta: 'x', text: 'x' }),
    ],
    completion: {
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'whole' }] }],
    },
  };
}

function message(id: string, text: string) {
  return { type: 'message', id, content: [{ type: 'output_text', text }] };
}

function counts({ inputTokens, outputTokens }: ModelUsage) {
  return { input_tokens: inputTokens, output_tokens: outputTokens };
}

const PLACE = { item_id: 'm1', output_index: 0, content_index: 0 };
const OTHER_PLACE = { item_id: 'm2', output_index: 1, content_index: 0 };
