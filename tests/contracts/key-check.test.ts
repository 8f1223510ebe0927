import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkKey } from '../../src/core/llm/keys/key-check.ts';
import type { KeyedProviderName } from '../../src/core/llm/providers/registry.ts';
import { ScriptedProvider, sendError } from '../support/scripted-provider.ts';

const server = new ScriptedProvider();
beforeAll(() => server.start());
afterAll(() => server.stop());

const KEY = 'canary-key-0123456789';
const check = async (provider: KeyedProviderName, status: number, body: unknown) => {
  server.reset();
  server.answer = (response) => sendError(response, status, body);
  const problem = await checkKey(provider, { apiKey: KEY, baseUrl: server.url, model: 'cheap', fetch }).then(
    () => null,
    (error: unknown) => error as Error & { problem: string },
  );
  return { problem: problem?.problem ?? null, message: problem?.message ?? '', request: server.requests[0]! };
};

describe('checkKey', () => {
  it.each([
    ['OPENAI', { object: 'list', data: [] }, { authorization: `Bearer ${KEY}` }],
    ['ANTHROPIC', { type: 'message', content: [] }, { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }],
    ['GOOGLE', { models: [] }, { 'x-goog-api-key': KEY }],
  ] as const)('asks %s as it wants to be asked', async (provider, body, headers) => {
    const { problem, request } = await check(provider, 200, body);
    expect(problem).toBeNull();
    expect(request.headers).toMatchObject(headers);
    if (provider === 'ANTHROPIC')
      expect(JSON.parse(request.body)).toMatchObject({ model: 'cheap', max_tokens: 1 });
  });

  it.each([
    [
      'OPENAI',
      401,
      { error: { code: 'invalid_api_key', message: `Incorrect API key provided: ${KEY}` } },
      'WRONG_KEY',
    ],
    [
      'OPENAI',
      429,
      { error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } },
      'NO_CREDIT',
    ],
    ['OPENAI', 403, { error: { code: 'unsupported_country_region_territory' } }, 'BLOCKED_REGION'],
    ['OPENAI', 403, { error: { message: 'The project is archived' } }, 'NOT_ALLOWED'],
    ['OPENAI', 429, { error: { code: 'rate_limit_exceeded' } }, 'BUSY'],
    ['OPENAI', 503, { error: { message: 'overloaded' } }, 'UNREACHABLE'],
    [
      'ANTHROPIC',
      401,
      { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
      'WRONG_KEY',
    ],
    [
      'ANTHROPIC',
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } },
      'NO_CREDIT',
    ],
    ['ANTHROPIC', 404, { type: 'error', error: { type: 'not_found_error', message: 'model: claude' } }, null],
    ['ANTHROPIC', 529, { type: 'error', error: { type: 'overloaded_error' } }, 'UNREACHABLE'],
    [
      'GOOGLE',
      400,
      { error: { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } },
      'WRONG_KEY',
    ],
    [
      'GOOGLE',
      400,
      {
        error: {
          code: 400,
          status: 'FAILED_PRECONDITION',
          message: 'User location is not supported for the API use.',
        },
      },
      'BLOCKED_REGION',
    ],
    ['GOOGLE', 200, { models: 'none' }, 'OTHER_SERVER'],
    ['OPENAI', 404, { detail: 'Not Found' }, 'OTHER_SERVER'],
  ] as const)('reads the answer of %s: %d %j', async (provider, status, body, problem) => {
    const answer = await check(provider, status, body);
    expect(answer.problem).toBe(problem);
    expect(answer.message).not.toContain(KEY);
  });

  it('is not led on by a page, by an endless body, or by words in a page', async () => {
    server.answer = (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>invalid_api_key</p>');
    const access = { apiKey: KEY, baseUrl: server.url, model: 'cheap', fetch };
    await expect(checkKey('OPENAI', access)).rejects.toMatchObject({ problem: 'OTHER_SERVER' });
    server.answer = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    await expect(checkKey('OPENAI', access)).rejects.toMatchObject({ problem: 'OTHER_SERVER' });
  });
});
