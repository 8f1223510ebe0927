import type http from 'node:http';
import type { ModelErrorCode } from '../../src/core/llm/language-model.ts';
import { chatChunk, chatEvent } from '../support/compatible-server.ts';
import { type ReceivedRequest, sendError, sendEvents } from '../support/scripted-provider.ts';
import { DIALECTS } from './provider-dialects.ts';

/** What one product answers, in the way in which it does. */
export interface Product {
  /** Of its recipe in docs/providers.md. */
  recipe: string;
  path: string | RegExp;
  /** Where the key of the recipe is sent. Null: nowhere. */
  key: { header: string; value: string } | null;
  /** The model as it is sent, and how it is called here. */
  sentModel: string;
  model: string;
  /** Answers with this text, and bills `USAGE`. */
  answer: (response: http.ServerResponse, request: ReceivedRequest, text: string) => unknown;
  /** How it fails, e.g. in the middle of an answer, and what that means. */
  failure: { fail: (response: http.ServerResponse) => unknown; code: ModelErrorCode; words: RegExp };
}

export const USAGE = { inputTokens: 31, outputTokens: 17 };

const CHAT_USAGE = { prompt_tokens: 31, completion_tokens: 17, total_tokens: 48 };
const DONE = 'data: [DONE]\n\n';
const CHAT_PATH = '/v1/chat/completions';

export const PRODUCTS: Product[] = [
  {
    recipe: 'OpenAI',
    path: /^\/v1\//,
    key: bearer('sk-your-key'),
    ...sameModel('gpt-5-mini'),
    ...ownApi('OPENAI'),
  },
  {
    recipe: 'Anthropic',
    path: '/v1/messages',
    key: bearer('sk-ant-your-key'),
    ...sameModel('claude-haiku-4-5'),
    ...ownApi('ANTHROPIC'),
  },
  {
    recipe: 'Gemini',
    path: /^\/v1beta\/models\/gemini-2\.5-flash:streamGenerateContent/,
    key: { header: 'x-goog-api-key', value: 'your-key' },
    ...sameModel('gemini-2.5-flash'),
    ...ownApi('GOOGLE'),
  },
  {
    recipe: 'Ollama',
    path: CHAT_PATH,
    key: null,
    ...ownModel('ollama', 'llama3.2:3b'),
    // Thinks in `reasoning`, ignores `max_completion_tokens`, and tells the usage only if it is asked to.
    answer(response, { body }, text) {
      const { max_tokens, stream_options } = JSON.parse(body) as ChatRequest;
      if (max_tokens === undefined) return keepWriting(response);
      sendEvents(response, chatChunk('', { delta: { role: 'assistant', content: '', reasoning: 'Hmm. ' } }));
      sendEvents(response, ...piecesOf(text), chatChunk('', { finish_reason: 'stop' }));
      if (stream_options) sendEvents(response, chatEvent({ choices: [], usage: CHAT_USAGE }));
      return sendEvents(response, DONE).end();
    },
    failure: {
      fail: (response) =>
        sendError(response, 404, {
          error: {
            message: 'model "llama3.2:3b" not found, try pulling it first',
            type: 'api_error',
            param: null,
            code: null,
          },
        }),
      code: 'BAD_REQUEST',
      words: /ollama rejected the request.*try pulling it first/,
    },
  },
  {
    recipe: 'vLLM',
    path: CHAT_PATH,
    key: bearer('your-vllm-key'),
    ...ownModel('vllm', 'Qwen/Qwen3-8B'),
    // Thinks in `reasoning_content`, and names the model in every event.
    answer(response, _request, text) {
      const thinking = { delta: { reasoning_content: 'Let me think. ' }, logprobs: null };
      sendEvents(
        response,
        chatChunk('', { delta: { role: 'assistant', content: '' } }),
        chatChunk('', thinking),
      );
      sendEvents(response, ...piecesOf(text), chatChunk('', { finish_reason: 'stop', stop_reason: null }));
      return sendEvents(response, chatEvent({ choices: [], usage: CHAT_USAGE }), DONE).end();
    },
    failure: {
      fail: (response) =>
        sendError(response, 404, {
          object: 'error',
          message: 'The model `Qwen/Qwen3-8B` does not exist.',
          type: 'NotFoundError',
          param: null,
          code: 404,
        }),
      code: 'BAD_REQUEST',
      words: /vllm rejected the request.*does not exist/,
    },
  },
  {
    recipe: 'LM Studio',
    path: CHAT_PATH,
    key: null,
    ...ownModel('lm-studio', 'qwen/qwen3-4b'),
    // Thinks in the text, and knows JSON with a schema only.
    answer(response, { body }, text) {
      const format = (JSON.parse(body) as ChatRequest).response_format?.type ?? 'text';
      if (format !== 'json_schema' && format !== 'text')
        return sendError(response, 400, { error: "'response_format.type' must be 'json_schema' or 'text'" });
      sendEvents(response, ...piecesOf(`<think>\nLet me think.\n</think>\n\n${text}`));
      sendEvents(response, chatChunk(null, { finish_reason: 'stop' }));
      return sendEvents(response, chatEvent({ choices: [], usage: CHAT_USAGE }), DONE).end();
    },
    failure: {
      fail: (response) => {
        const message = 'The model has crashed without additional information. (Exit code: 6)';
        sendEvents(
          response,
          chatChunk('Half'),
          `event: error\n${chatEvent({ error: { message }, message })}`,
        ).end();
      },
      code: 'UNAVAILABLE',
      words: /lm-studio is unavailable.*has crashed/,
    },
  },
  {
    recipe: 'OpenRouter',
    path: '/api/v1/chat/completions',
    key: bearer('sk-or-v1-your-key'),
    ...ownModel('openrouter', 'mistralai/mistral-small-3.2-24b-instruct'),
    // Comments while the model is not ready, a last choice beside the usage, and errors inside an answer with 200.
    answer(response, _request, text) {
      sendEvents(response, ': OPENROUTER PROCESSING\n\n', ': OPENROUTER PROCESSING\n\n', ...piecesOf(text));
      const choice = { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null };
      sendEvents(response, chatChunk('', { finish_reason: 'stop', native_finish_reason: 'STOP' }));
      const usage = { ...CHAT_USAGE, cost: 0.0000082, is_byok: false };
      return sendEvents(response, chatEvent({ provider: 'Mistral', choices: [choice], usage }), DONE).end();
    },
    failure: {
      fail: (response) => {
        const error = {
          code: 502,
          message: 'Provider disconnected unexpectedly',
          metadata: { provider_name: 'Mistral' },
        };
        const choices = [{ index: 0, delta: { content: '' }, finish_reason: 'error' }];
        sendEvents(
          response,
          ': OPENROUTER PROCESSING\n\n',
          chatChunk('Half'),
          chatEvent({ error, choices }),
          DONE,
        ).end();
      },
      code: 'UNAVAILABLE',
      words: /openrouter is unavailable.*\(502\).*disconnected unexpectedly/,
    },
  },
  {
    recipe: 'LiteLLM',
    path: CHAT_PATH,
    key: bearer('sk-your-virtual-key'),
    ...ownModel('litellm', 'team-model'),
    // Refuses what the model behind it does not know.
    answer(response, { body }, text) {
      const refused = ['stream_options', 'response_format'].filter((name) => body.includes(`"${name}"`));
      if (refused.length > 0) return sendError(response, 400, unsupported(refused));
      sendEvents(response, chatChunk('', { delta: { role: 'assistant' } }), ...piecesOf(text));
      sendEvents(response, chatChunk(null, { finish_reason: 'stop' }));
      return sendEvents(response, chatEvent({ choices: [], usage: CHAT_USAGE }), DONE).end();
    },
    failure: {
      fail: (response) => {
        const message =
          'Authentication Error, Invalid proxy server token passed. Received API Key = sk-...-key';
        sendError(response, 401, { error: { message, type: 'auth_error', param: 'None', code: '401' } });
      },
      code: 'AUTH',
      words: /litellm rejected the key.*Invalid proxy server token/,
    },
  },
];

/** A provider with an API of its own, in the wire format of its contract suite. */
function ownApi(name: keyof typeof DIALECTS): Pick<Product, 'answer' | 'failure'> {
  const { connection, endMarker } = DIALECTS[name];
  return {
    answer: (response, _request, text) =>
      sendEvents(
        response,
        ...connection.opening(USAGE),
        ...(text.match(/[^]{1,7}/g) ?? []).map(connection.text),
        ...connection.closing('stop', USAGE),
      ).end(),
    failure: {
      fail: (response) =>
        sendEvents(
          response,
          ...connection.opening(USAGE),
          connection.text('Half'),
          connection.limited,
          ...endMarker,
        ).end(),
      code: 'RATE_LIMITED',
      words: /rate limit/,
    },
  };
}

function sameModel(model: string): Pick<Product, 'model' | 'sentModel'> {
  return { model, sentModel: model };
}

function ownModel(server: string, model: string): Pick<Product, 'model' | 'sentModel'> {
  return { model: `${server}/${model}`, sentModel: model };
}

function bearer(key: string): Product['key'] {
  return { header: 'authorization', value: `Bearer ${key}` };
}

function piecesOf(text: string): string[] {
  return (text.match(/[^]{1,7}/g) ?? []).map((piece) => chatChunk(piece));
}

function unsupported(parameters: string[]) {
  const list = parameters.map((name) => `'${name}'`).join(', ');
  const message = `litellm.UnsupportedParamsError: acme does not support parameters: [${list}], for model=team-model. To drop these, set \`litellm.drop_params=True\` or for proxy: \`litellm_settings: drop_params: true\`. Received Model Group=team-model`;
  return { error: { message, type: 'None', param: null, code: '400' } };
}

/** What a server does that has got no limit. The test sees an answer that is not the expected one. */
function keepWriting(response: http.ServerResponse): void {
  sendEvents(
    response,
    ...piecesOf('and so on '.repeat(100)),
    chatChunk(null, { finish_reason: 'stop' }),
    DONE,
  ).end();
}

interface ChatRequest {
  max_tokens?: number;
  stream_options?: object;
  response_format?: { type: string };
}
