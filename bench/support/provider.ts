/**
 * A server that speaks OpenAI's chat completions on loopback and answers as a prompt asks it to, e.g. `40 tokens,
 * 10 ms apart`: the first at once. Each token is the time at which it was sent, so that readers can tell its age.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './monotonic-clock.ts';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/ready') return void response.end();
  if (!request.url?.endsWith('/chat/completions')) return void response.writeHead(404).end();
  const { tokens, everyMs } = paceIn(await text(request));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const startedAt = monotonicMs();
  for (let token = 0; token < tokens && !response.destroyed; token++) {
    const earlyMs = startedAt + token * everyMs - monotonicMs();
    if (earlyMs > 0) await sleep(earlyMs);
    send(response, { choices: [{ index: 0, delta: { content: `${monotonicMs().toFixed(2)} ` } }] });
  }
  send(response, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send(response, { choices: [], usage: { prompt_tokens: 100, completion_tokens: tokens } });
  response.end('data: [DONE]\n\n');
}

function paceIn(prompt: string): { tokens: number; everyMs: number } {
  const [, tokens, everyMs] = /(\d+) tokens, (\d+) ms apart/.exec(prompt) ?? [];
  return { tokens: Number(tokens ?? 1), everyMs: Number(everyMs ?? 0) };
}

function send(response: ServerResponse, chunk: object): void {
  response.write(`data: ${JSON.stringify({ id: 'answer', object: 'chat.completion.chunk', ...chunk })}\n\n`);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () =>
  console.log(JSON.stringify({ ...(server.address() as AddressInfo), msg: 'provider is ready' })),
);
process.once('SIGTERM', () => process.exit());
