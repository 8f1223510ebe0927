import { anthropic } from '../../src/core/llm/providers/anthropic.ts';
import { google } from '../../src/core/llm/providers/google.ts';
import type { ModelUsage } from '../../src/core/llm/language-model.ts';
import { openAi } from '../../src/core/llm/providers/openai.ts';
import type { KeyedProviderName } from '../../src/core/llm/providers/registry.ts';
import { describeLanguageModel, FORM, KEY, type ProviderDialect } from './language-model.ts';

const SCHEMA = JSON.stringify(FORM);

const DIALECTS: Record<KeyedProviderName, ProviderDialect> = {
  OPENAI: openAiDialect(),
  ANTHROPIC: anthropicDialect(),
  GOOGLE: googleDialect(),
};

for (const dialect of Object.values(DIALECTS)) describeLanguageModel(dialect);

function openAiDialect(): ProviderDialect {
  const data = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`;
  const choice = (delta: object, finish_reason: string | null = null) =>
    data({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
  const usage = (usage: object) => data({ id: 'c1', choices: [], usage });
  const text = (content: string) => choice({ content });

  return {
    name: 'OpenAI',
    create: ({ url, timeouts }) => openAi.create({ apiKey: KEY, baseUrl: `${url}/v1`, timeouts }),
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
  };
}

function googleDialect(): ProviderDialect {
  const data = (body: unknown) => `data: ${JSON.stringify(body)}\r\n\r\n`;
  const parts = (parts: object[], more: object = {}) =>
    data({ candidates: [{ index: 0, content: { role: 'model', parts }, ...more }] });
  const text = (text: string) => parts([{ text }]);
  const closing = (finishReason: string, usageMetadata: object) =>
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
  };
}
