/**
 * A server that answers in the protocols of all providers, as fast as it can: `GET /ready`, else the number of tokens
 * that the prompt names, e.g. `2000 tokens`. Each event is a write of its own, as with a provider.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '';
  if (url === '/ready') return void response.end();
  const tokens = Number(/(\d+) tokens/.exec(await text(request))?.[1] ?? 1);
  const path = Object.keys(PROTOCOLS).find((part) => url.includes(part));
  const protocol = path ? PROTOCOLS[path]! : GOOGLE;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of protocol.start) response.write(event);
  for (let token = 0; token < tokens && !response.destroyed; token++) {
    if (!response.write(protocol.token(`token${token} `)))
      await new Promise((go) => response.once('drain', go));
  }
  response.end(protocol.end(tokens));
}

function data(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

function event(type: string, body: object): string {
  return `event: ${type}\n${data({ type, ...body })}`;
}

function openAiChunk(body: object): string {
  return data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'any', ...body });
}

function geminiChunk(body: object): string {
  return data({ ...body, modelVersion: 'any', responseId: 'r1' }).replace('\n\n', '\r\n\r\n');
}

const PLACE = { item_id: 'm1', output_index: 0, content_index: 0 };

const CHAT: Protocol = {
  start: [
    openAiChunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  ],
  token: (content) => openAiChunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  end: (tokens) =>
    openAiChunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
    openAiChunk({ choices: [], usage: { prompt_tokens: 9, completion_tokens: tokens } }) +
    'data: [DONE]\n\n',
};

const RESPONSES: Protocol = {
  start: [
    event('response.created', {
      sequence_number: 0,
      response: { id: 'r1', status: 'in_progress', output: [] },
    }),
    event('response.output_item.added', {
      output_index: 0,
      item: { id: 'm1', type: 'message', role: 'assistant', content: [] },
    }),
    event('response.content_part.added', {
      ...PLACE,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
  ],
  token: (delta) => event('response.output_text.delta', { ...PLACE, sequence_number: 1, delta }),
  end: (tokens) =>
    event('response.completed', {
      response: { id: 'r1', status: 'completed', usage: { input_tokens: 9, output_tokens: tokens } },
    }),
};

const ANTHROPIC: Protocol = {
  start: [
    event('message_start', {
      message: { id: 'm1', content: [], usage: { input_tokens: 9, output_tokens: 1 } },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  ],
  token: (content) =>
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: content } }),
  end: (tokens) =>
    event('content_block_stop', { index: 0 }) +
    event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: tokens } }) +
    event('message_stop', {}),
};

const GOOGLE: Protocol = {
  start: [],
  token: (content) =>
    geminiChunk({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text: content }] } }] }),
  end: (tokens) =>
    geminiChunk({
      candidates: [{ index: 0, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: tokens },
    }),
};

/** By a part of the path. */
const PROTOCOLS: Record<string, Protocol> = {
  'chat/completions': CHAT,
  responses: RESPONSES,
  messages: ANTHROPIC,
};

interface Protocol {
  start: readonly string[];
  token: (content: string) => string;
  end: (tokens: number) => string;
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () =>
  console.log(JSON.stringify({ ...(server.address() as AddressInfo), msg: 'provider is ready' })),
);
process.once('SIGTERM', () => process.exit());
