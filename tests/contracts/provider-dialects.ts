import { anthropic } from '../../src/core/llm/providers/anthropic.ts';
import { google } from '../../src/core/llm/providers/google.ts';
import type { ModelUsage } from '../../src/core/llm/language-model.ts';
import { CompatibleServers } from '../../src/core/llm/providers/openai-compatible.ts';
import { openAiChat } from '../../src/core/llm/providers/openai-chat.ts';
import type { ModelTimeouts } from '../../src/core/llm/providers/provider-call.ts';
import { defineProvider } from '../../src/core/llm/providers/provider.ts';
import type { KeyedProviderName } from '../../src/core/llm/providers/registry.ts';
import { compatibleServer } from '../support/compatible-server.ts';
import { FORM, KEY, type ProviderDialect } from './provider-dialect.ts';
import { responsesDialect } from './responses-dialect.ts';

const SCHEMA = JSON.stringify(FORM);

/** Each wire format, with its adapter. OpenAI has two, the second of them is also that of the operator's own servers. */
export const DIALECTS: Record<KeyedProviderName | 'OPENAI_CHAT' | 'COMPATIBLE', ProviderDialect> = {
  OPENAI: responsesDialect(),
  OPENAI_CHAT: chatDialect(),
  COMPATIBLE: compatibleDialect(),
  ANTHROPIC: anthropicDialect(),
  GOOGLE: googleDialect(),
};

const chat = defineProvider({
  title: 'OpenAI chat',
  description: '',
  baseUrl: 'http://unused.example',
  ...openAiChat,
});

function chatDialect(): ProviderDialect {
  const data = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`;
  const choice = (delta: object, finish_reason: string | null = null) =>
    data({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
  const usage = (usage: object) => data({ id: 'c1', choices: [], usage });
  const text = (content: string) => choice({ content });

  return {
    name: 'OpenAI chat',
    create: ({ url, timeouts }) => chat.create({ apiKey: KEY, baseUrl: `${url}/v1`, timeouts }),
    finishReasons: { length: 'length' },
    jsonMode: /"response_format":\{"type":"json_object"\}/,
    schemaMode: `"response_format":{"type":"json_schema","json_schema":{"name":"form","schema":${SCHEMA},"strict":true}}`,
    connection: {
      opening: () => [choice({ role: 'assistant', content: '' })],
      text,
      closing: (finish, { inputTokens, outputTokens }) => [
        choice({}, finish === 'stop' ? 'stop' : 'content_filter'),
        usage({ prompt_tokens: inputTokens, completion_tokens: outputTokens }),
        'data: [DONE]\n\n',
      ],
      malformed: 'data: {"choices": [\n\n',
      overloaded: data({ error: { message: 'overloaded', type: 'server_error', code: null } }),
      limited: data({ error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } }),
    },
    richUsage: {
      events: [
        text('answer'),
        choice({}, 'stop'),
        usage({
          prompt_tokens: 100,
          completion_tokens: 50,
          prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
          completion_tokens_details: { reasoning_tokens: 40 },
        }),
        'data: [DONE]\n\n',
      ],
      usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 60, cacheWriteTokens: 30 },
    },
    ending: (word, { inputTokens, outputTokens }) => [
      choice({}, word),
      usage({ prompt_tokens: inputTokens, completion_tokens: outputTokens }),
    ],
    endMarker: ['data: [DONE]\n\n'],
    words: {
      stop: ['stop', 'eos', 'STOP'],
      length: ['length', 'max_tokens', 'max_output_tokens'],
      window: ['model_length', 'context_length'],
      unknown: ['tool_calls', 'function_call', 'SomethingNew'],
      REFUSED: ['content_filter', 'sensitive', 'safety'],
      TRUNCATED: ['error', 'network_error', 'insufficient_system_resource', 'abort'],
    },
    thinking: [
      (thinking) => choice({ reasoning_content: thinking }),
      (thinking) => choice({ reasoning: thinking, reasoning_details: [{ text: thinking }] }),
      (thinking) => choice({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: thinking }] }] }),
      (thinking) => choice({ content: '', thinking }),
    ],
    textPlaces: [
      (text) => choice({ content: [{ type: 'text', text }] }),
      (text) =>
        choice({
          content: [
            { type: 'output_text', text },
            { type: 'image_url', image_url: {} },
          ],
        }),
      (text) => choice({ content: { type: 'text', text } }),
      (text) => choice({ content: [{ text }] }),
      (value) => choice({ content: [{ type: 'text', text: { value } }] }),
      (content) => data({ choices: [{ delta: { content } }] }),
      (content) => data({ choices: [{ index: '0', delta: { content } }] }),
      (content) =>
        data({ choices: [{ delta: { content } }], usage: { prompt_tokens: 1, completion_tokens: 1 } }),
    ],
    noText: [
      choice({ content: null }),
      choice({ content: 7 }),
      choice({ content: true }),
      choice({ content: [{ type: 'image_url', image_url: { url: 'x' } }, { type: 'refusal' }, null, 3] }),
      choice({ content: {} }),
      choice({ tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }),
      data({ choices: [{ index: 1, delta: { content: 'another answer' } }] }),
      data({ choices: [] }),
      data({}),
    ],
    completion: {
      object: 'chat.completion',
      choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }],
    },
  };
}

/** A server that has each model that is asked for. */
function compatibleDialect(): ProviderDialect {
  const withModel = (server: { url: string; timeouts?: ModelTimeouts }, name: string) =>
    new CompatibleServers([compatibleServer('own', server, { apiKey: KEY, name })], server.timeouts);
  return {
    ...chatDialect(),
    name: 'a compatible server',
    create(server) {
      const clients = new Map<string, CompatibleServers>();
      return {
        stream(request, signal) {
          const client = clients.get(request.model) ?? withModel(server, request.model);
          clients.set(request.model, client);
          return client.stream({ ...request, model: `own/${request.model}` }, signal);
        },
      };
    },
  };
}

function anthropicDialect(): ProviderDialect {
  const event = (type: string, body: object = {}) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
  const start = (usage: object) => event('message_start', { message: { id: 'm1', content: [], usage } });
  const delta = (delta: object) => event('content_block_delta', { index: 0, delta });
  const text = (text: string) => delta({ type: 'text_delta', text });
  const failure = (type: string) => event('error', { error: { type, message: 'sorry' } });

  return {
    name: 'Anthropic',
    create: ({ url, timeouts }) => anthropic.create({ apiKey: KEY, baseUrl: url, timeouts }),
    finishReasons: { length: 'max_tokens' },
    jsonMode: /one JSON object and nothing else/,
    schemaMode: `"output_config":{"format":{"type":"json_schema","schema":${SCHEMA}}}`,
    connection: {
      opening: ({ inputTokens }) => [
        start({ input_tokens: inputTokens, output_tokens: inputTokens ? 1 : 0 }),
        event('ping'),
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      ],
      text,
      closing: (finish, { outputTokens }) => [
        event('content_block_stop', { index: 0 }),
        event('message_delta', {
          delta: { stop_reason: finish === 'stop' ? 'end_turn' : 'refusal' },
          usage: { output_tokens: outputTokens },
        }),
        event('message_stop'),
      ],
      malformed: 'event: content_block_delta\ndata: {"type": \n\n',
      overloaded: failure('overloaded_error'),
      limited: failure('rate_limit_error'),
    },
    richUsage: {
      events: [
        start({
          input_tokens: 10,
          cache_read_input_tokens: 60,
          cache_creation_input_tokens: 30,
          output_tokens: 1,
        }),
        delta({ type: 'thinking_delta', thinking: 'hm' }),
        text('answer'),
        event('message_delta', {
          delta: { stop_reason: 'end_turn' },
          usage: { input_tokens: null, output_tokens: 50 },
        }),
        event('message_stop'),
      ],
      usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 60, cacheWriteTokens: 30 },
    },
    ending: (word, { outputTokens }) => [
      event('message_delta', { delta: { stop_reason: word }, usage: { output_tokens: outputTokens } }),
    ],
    endMarker: [event('message_stop')],
    words: {
      stop: ['end_turn', 'stop_sequence', 'stop'],
      length: ['max_tokens', 'length', 'MAX_TOKENS'],
      window: ['model_context_window_exceeded'],
      unknown: ['tool_use', 'pause_turn', 'something_new'],
      REFUSED: ['refusal', 'content_filter', 'safety'],
      TRUNCATED: ['error', 'aborted', 'network_error'],
    },
    thinking: [
      (thinking) => delta({ type: 'thinking_delta', thinking }),
      (thinking) => event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking } }),
      (thinking) =>
        start({ input_tokens: 1 }).replace('[]', JSON.stringify([{ type: 'thinking', thinking }])),
    ],
    textPlaces: [
      (text) => event('content_block_start', { index: 0, content_block: { type: 'text', text } }),
      (text) => start({ input_tokens: 1 }).replace('[]', JSON.stringify([{ type: 'text', text }])),
      (text) => text_delta_without_type(text),
    ],
    noText: [
      delta({ type: 'input_json_delta', partial_json: '{"a":1}' }),
      delta({ type: 'signature_delta', signature: 'xyz' }),
      delta({ type: 'citations_delta', citation: { cited_text: 'x' } }),
      delta({ type: 'text_delta', text: 7 }),
      delta({ type: 'new_delta', text: 'x' }),
      event('content_block_start', { index: 1, content_block: { type: 'redacted_thinking', data: 'x' } }),
      event('content_block_start', { index: 1, content_block: { type: 'tool_use', name: 'f', input: {} } }),
      event('new_event', { text: 'x' }),
    ],
    completion: { type: 'message', content: [{ type: 'text', text: 'whole' }], stop_reason: 'end_turn' },
  };
}

/** Some servers tell the type of an event only in its name. */
function text_delta_without_type(text: string): string {
  const data = { index: 0, delta: { type: 'text_delta', text } };
  return `event: content_block_delta\ndata: ${JSON.stringify(data)}\n\n`;
}

function googleDialect(): ProviderDialect {
  const data = (body: unknown) => `data: ${JSON.stringify(body)}\r\n\r\n`;
  const parts = (parts: object[], more: object = {}) =>
    data({ candidates: [{ index: 0, content: { role: 'model', parts }, ...more }] });
  const candidate = (text: string) => ({ candidates: [{ content: { parts: [{ text }] } }] });
  const text = (text: string) => parts([{ text }]);
  const closing = (finishReason: string | null, usageMetadata: object) =>
    data({ candidates: [{ index: 0, finishReason }], usageMetadata });
  const counts = ({ inputTokens, outputTokens }: ModelUsage) => ({
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens,
  });

  return {
    name: 'Google',
    create: ({ url, timeouts }) => google.create({ apiKey: KEY, baseUrl: url, timeouts }),
    finishReasons: { length: 'length' },
    jsonMode: /"responseMimeType":"application\/json"/,
    schemaMode: `"responseJsonSchema":${SCHEMA}`,
    connection: {
      opening: ({ inputTokens }) => [
        data({ candidates: [{ index: 0 }], usageMetadata: { promptTokenCount: inputTokens } }),
      ],
      text,
      closing: (finish, usage) => [closing(finish === 'stop' ? 'STOP' : 'SAFETY', counts(usage))],
      malformed: 'data: {"candidates": [\r\n\r\n',
      overloaded: data({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }),
      limited: data({ error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED' } }),
    },
    richUsage: {
      events: [
        parts([{ text: 'hm', thought: true }]),
        text('answer'),
        closing('STOP', {
          promptTokenCount: 100,
          cachedContentTokenCount: 60,
          candidatesTokenCount: 10,
          thoughtsTokenCount: 40,
        }),
      ],
      usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 60 },
    },
    ending: (word, usage) => [closing(word, counts(usage))],
    endMarker: [],
    words: {
      stop: ['STOP', 'stop', 'Stop'],
      length: ['MAX_TOKENS', 'length', 'max_output_tokens'],
      window: ['model_length', 'context_length'],
      unknown: ['OTHER', 'MALFORMED_FUNCTION_CALL', 'TOO_MANY_TOOL_CALLS', 'SOMETHING_NEW'],
      REFUSED: ['SAFETY', 'IMAGE_SAFETY', 'SPII', 'RECITATION'],
      TRUNCATED: ['MALFORMED_RESPONSE', 'ERROR', 'CANCELLED'],
    },
    thinking: [
      (thinking) => parts([{ text: thinking, thought: true }]),
      (thinking) => parts([{ thought: true, thoughtSignature: 'x', text: thinking }, { text: '' }]),
      (thinking) => data({ candidates: [{ content: { parts: [{ text: thinking, thought: true }] } }] }),
    ],
    textPlaces: [
      (text) =>
        data({
          usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
          candidates: [{ content: { parts: [{ text }] } }],
        }),
      (text) => data({ candidates: [{ content: { parts: { text } } }] }),
      (text) => data({ promptFeedback: { blockReason: 'BLOCKED_REASON_UNSPECIFIED' }, ...candidate(text) }),
      (text) => data({ promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' }, ...candidate(text) }),
      (text) => parts([{ inlineData: { mimeType: 'image/png', data: 'x' } }, { text }]),
      (text) => parts([{ text: text.slice(0, 2) }, { functionCall: { name: 'f' } }, { text: text.slice(2) }]),
    ],
    noText: [
      parts([{ executableCode: { language: 'PYTHON', code: 'print(1)' } }]),
      parts([{ codeExecutionResult: { outcome: 'OK', output: '1' } }]),
      parts([{ text: 7 }]),
      parts([{ functionCall: { name: 'f', args: {} } }]),
      data({ candidates: [{ index: 1, content: { parts: [{ text: 'another answer' }] } }] }),
      data({ candidates: [{ index: 0, content: {} }] }),
      data({}),
    ],
    completion: [{ candidates: [{ content: { parts: [{ text: 'whole' }] }, finishReason: 'STOP' }] }],
  };
}
