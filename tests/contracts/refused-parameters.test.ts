import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/core/llm/language-model.ts';
import { openAi } from '../../src/core/llm/providers/openai.ts';

const OUTPUT = { name: 'answer', schema: { type: 'object' } } as const;
const servers: http.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

it.each([
  ['max_completion_tokens', 'Unsupported parameter: max_completion_tokens', { max_tokens: 99 }],
  ['stream_options', 'body.stream_options: Extra inputs are not permitted', { max_completion_tokens: 99 }],
  [
    'json_schema',
    'response_format.type json_schema is unavailable',
    { response_format: { type: 'json_object' } },
  ],
  ['response_format', 'response_format: unknown field', { max_completion_tokens: 99 }],
])('a server that refuses %s is asked again, and from then on asked once', async (name, message, kept) => {
  const { bodies, ask } = await serverThat((body) => (body.includes(`"${name}"`) ? message : null));
  await expect(ask()).resolves.toBe('fine');
  const tries = bodies.length;
  expect(tries).toBeGreaterThan(1);
  expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject(kept);

  await expect(ask()).resolves.toBe('fine');
  expect(bodies).toHaveLength(tries + 1);
  expect(bodies.at(-1)).toBe(bodies.at(-2));
});

it('a limit that is too large is no refusal: it is asked once, and the limit is never left out', async () => {
  const { bodies, ask } = await serverThat(() => 'max_completion_tokens is too large: at most 50');
  await expect(ask()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect(bodies).toHaveLength(1);
});

/** Refuses each request for which `refusal` returns words. */
async function serverThat(refusal: (body: string) => string | null) {
  const bodies: string[] = [];
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const body = await text(request);
    bodies.push(body);
    const message = refusal(body);
    if (message) return response.writeHead(400).end(JSON.stringify({ error: { message } }));
    const chunk = { choices: [{ index: 0, delta: { content: 'fine' }, finish_reason: 'stop' }] };
    const events = `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`;
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events);
  };
  const server = http.createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const model = openAi.create({ apiKey: 'sk-test', baseUrl });
  const request: ModelRequest = {
    model: 'some-model',
    system: '',
    messages: [{ role: 'user', content: 'hello' }],
    maxOutputTokens: 99,
    output: OUTPUT,
    task: { name: 'test', metadata: {} },
  };
  const ask = async () => {
    let all = '';
    for await (const part of model.stream(request, new AbortController().signal))
      if (part.type === 'text') all += part.text;
    return all;
  };
  return { bodies, ask };
}
