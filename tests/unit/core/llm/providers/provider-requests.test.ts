import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anthropic } from '../../../../../src/core/llm/providers/anthropic.ts';
import { google } from '../../../../../src/core/llm/providers/google.ts';
import type { LanguageModel, ModelRequest } from '../../../../../src/core/llm/language-model.ts';
import { openAi } from '../../../../../src/core/llm/providers/openai.ts';

/** Settings that the SDKs read from the environment by default, but must not: only src/config reads it. */
const ENVIRONMENT = {
  OPENAI_API_KEY: 'sk-env',
  OPENAI_BASE_URL: 'http://env.example',
  OPENAI_ORG_ID: 'env-org',
  OPENAI_PROJECT_ID: 'env-project',
  ANTHROPIC_API_KEY: 'sk-env',
  ANTHROPIC_AUTH_TOKEN: 'env-token',
  ANTHROPIC_BASE_URL: 'http://env.example',
  GOOGLE_API_KEY: 'sk-env',
  GOOGLE_GENAI_USE_VERTEXAI: 'true',
  GOOGLE_CLOUD_PROJECT: 'env-project',
  GOOGLE_GEMINI_BASE_URL: 'http://env.example',
};

const REQUEST: ModelRequest = {
  model: 'some-model',
  system: '',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 321,
  task: { name: 'test', metadata: {} },
};

describe('a request to a provider’s own address', () => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it.each([
    ['OpenAI', openAi.create({ apiKey: 'sk-own' }), 'https://api.openai.com/v1/responses'],
    ['Anthropic', anthropic.create({ apiKey: 'sk-own' }), 'https://api.anthropic.com/v1/messages'],
    [
      'Google',
      google.create({ apiKey: 'sk-own' }),
      'https://generativelanguage.googleapis.com/v1beta/models/some-model:streamGenerateContent?alt=sse',
    ],
  ])('%s: sends its own key and nothing from the environment', async (_name, model, address) => {
    const { url, headers } = await requestOf(model);
    expect(url).toBe(address);
    const sent = JSON.stringify([...headers]);
    expect(sent).toContain('sk-own');
    expect(sent).not.toContain('env');
  });

  it('OpenAI: limits the answer, has nothing stored, and does not tell a model that does not think how much', async () => {
    const { body } = await requestOf(openAi.create({ apiKey: 'sk-own' }));
    expect(body).toMatchObject({ max_output_tokens: 321, store: false });
    expect(body).not.toHaveProperty('reasoning');
  });
});

/** The single request of a call, answered with 500. */
async function requestOf(model: LanguageModel): Promise<{ url: string; headers: Headers; body: unknown }> {
  const requests: Request[] = [];
  vi.stubGlobal('fetch', (input: string | URL, init: RequestInit) => {
    requests.push(new Request(input, init));
    return Promise.resolve(new Response('{}', { status: 500 }));
  });
  const parts = model.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
  await expect(parts.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(requests).toHaveLength(1);
  const [request] = requests as [Request];
  return { url: request.url, headers: request.headers, body: await request.json() };
}
