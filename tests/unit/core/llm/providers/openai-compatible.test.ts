import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelRequest, ModelStreamPart } from '../../../../../src/core/llm/language-model.ts';
import { CompatibleServers } from '../../../../../src/core/llm/providers/openai-compatible.ts';
import { chatChunk, chatEnd, compatibleServer } from '../../../../support/compatible-server.ts';
import { ScriptedProvider, sendError, sendEvents } from '../../../../support/scripted-provider.ts';

const first = new ScriptedProvider();
const second = new ScriptedProvider();
beforeAll(() => Promise.all([first.start(), second.start()]));
afterAll(() => Promise.all([first.stop(), second.stop()]));
beforeEach(() => {
  for (const server of [first, second]) {
    server.reset();
    server.answer = (response) => sendEvents(response, chatChunk('fine'), chatEnd()).end();
  }
});

describe('CompatibleServers', () => {
  it('asks the server that the model names, by the model’s own name', async () => {
    await ask('first/llama3.2:3b');
    await ask('second/acme/large');
    expect(first.requests.map(({ body }) => JSON.parse(body))).toMatchObject([{ model: 'llama3.2:3b' }]);
    expect(second.requests.map(({ body }) => JSON.parse(body))).toMatchObject([{ model: 'acme/large' }]);
  });

  it('sends each server its own key, and no header to one without a key', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-env');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-env-admin');
    await ask('first/llama3.2:3b');
    await ask('second/acme/large');
    vi.unstubAllEnvs();
    expect(first.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(second.requests[0]?.headers).toMatchObject({ authorization: 'Bearer sk-second' });
    expect(inspect(first.requests)).not.toContain('sk-');
  });

  it('never asks for more than the model can write, and says that it is the model’s limit', async () => {
    second.answer = (response) => sendEvents(response, chatChunk('fi'), chatEnd('length')).end();
    expect(await ask('second/acme/large', { maxOutputTokens: 500 })).toContainEqual({
      type: 'end',
      reason: 'window',
    });
    expect(await ask('second/acme/large', { maxOutputTokens: 50 })).toContainEqual({
      type: 'end',
      reason: 'length',
    });
    await ask('second/acme/large', { maxOutputTokens: 70, thinkingTokens: 20 });
    await ask('second/acme/large', { maxOutputTokens: 90, thinkingTokens: 20 });
    const limits = second.requests.map(({ body }) => (JSON.parse(body) as Body).max_tokens);
    expect(limits).toEqual([100, 50, 90, 100]);
  });

  it('names the server in errors, and never its key', async () => {
    second.answer = (response) => sendError(response, 401, { error: { message: 'no key sk-second' } });
    const error = await ask('second/acme/large').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'AUTH', message: expect.stringMatching(/^second rejected the key/) });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('sk-second');
  });

  it('follows no redirect', async () => {
    first.answer = (response) =>
      response.writeHead(307, { location: `${second.url}/v1/chat/completions` }).end();
    await expect(ask('first/llama3.2:3b')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(second.requests).toHaveLength(0);
  });

  it('limits an answer by the name that no server ignores', async () => {
    await ask('first/llama3.2:3b');
    const body: unknown = JSON.parse(first.requests[0]!.body);
    expect(body).toMatchObject({ max_tokens: 30 });
    expect(body).not.toHaveProperty('max_completion_tokens');
  });

  it('has the patience that a local server needs to load a model, and no more', async () => {
    const asked = Promise.withResolvers<void>();
    first.answer = () => asked.resolve();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const failure = expect(ask('first/llama3.2:3b')).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringMatching(/^first took longer than 240 s/) as unknown,
      });
      await asked.promise;
      vi.advanceTimersByTime(239_000);
      await new Promise(setImmediate);
      expect(first.requests[0]?.closedAt).toBeUndefined();
      vi.advanceTimersByTime(1_000);
      await failure;
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses a model that no server has', async () => {
    for (const model of ['llama3.2:3b', 'third/llama3.2:3b', 'first/acme/large'])
      await expect(ask(model)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(first.requests).toHaveLength(0);
  });
});

async function ask(model: string, changes: Partial<ModelRequest> = {}): Promise<ModelStreamPart[]> {
  const client = new CompatibleServers([
    compatibleServer('first', first, { name: 'llama3.2:3b' }),
    compatibleServer('second', second, { apiKey: 'sk-second', name: 'acme/large', maxOutputTokens: 100 }),
  ]);
  const request: ModelRequest = {
    model,
    system: '',
    messages: [{ role: 'user', content: 'hello' }],
    maxOutputTokens: 30,
    task: { name: 'test', metadata: {} },
    ...changes,
  };
  return Array.fromAsync(client.stream(request, new AbortController().signal));
}

interface Body {
  max_tokens?: number;
}
