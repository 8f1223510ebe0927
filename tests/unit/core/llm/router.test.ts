import { describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../../src/core/llm/language-model.ts';
import type { ProviderName } from '../../../../src/core/llm/provider-name.ts';
import { OfflineModel } from '../../../../src/core/llm/providers/offline.ts';
import {
  parseProviderName,
  Router,
  type RouterOptions,
  RoutingError,
} from '../../../../src/core/llm/router.ts';

const openai: LanguageModel = new OfflineModel({ script: () => 'openai' });
const offline: LanguageModel = new OfflineModel({ script: () => 'offline' });

describe('Router.route', () => {
  it('gives the defaults when nothing is asked for', () => {
    expect(router({ defaultModel: 'offline-deep' }).route({})).toMatchObject({
      provider: 'OFFLINE',
      model: 'offline-deep',
      languageModel: offline,
      price: { provider: 'OFFLINE', model: 'offline-deep', nominal: true },
    });
  });

  it.each(['OPENAI', 'openai', ' OpenAI '])(
    "reads a provider in any case (%j), and gives that provider's default",
    (provider) => {
      const route = router({ defaultModel: 'offline-deep' }).route({ provider });
      expect(route).toMatchObject({ provider: 'OPENAI', languageModel: openai });
      expect(route.price).toMatchObject({ provider: 'OPENAI', model: route.model });
    },
  );

  it('finds the provider of a model', () => {
    expect(router().route({ model: 'gpt-4.1-mini' })).toMatchObject({
      provider: 'OPENAI',
      model: 'gpt-4.1-mini',
    });
  });

  it('takes null and empty for not given', () => {
    const { provider, model } = router().route({ provider: null, model: '' });
    expect({ provider, model }).toEqual({ provider: 'OFFLINE', model: 'offline-balanced' });
  });

  it.each([
    ['an unknown provider', { provider: 'ACME' }, /no provider "ACME".*OPENAI, OFFLINE/],
    [
      'a provider that is not configured',
      { provider: 'google' },
      /GOOGLE is not configured.*OPENAI, OFFLINE/,
    ],
    [
      'a model of a provider that is not configured',
      { model: 'claude-haiku-4-5' },
      /ANTHROPIC is not configured/,
    ],
    ['an unknown model', { model: 'gpt-99' }, /"gpt-99" has no known price.*gpt-5-mini.*offline-fast/],
    [
      'a model of another provider',
      { provider: 'OPENAI', model: 'offline-fast' },
      /of OPENAI has no known price.*gpt-5-mini/,
    ],
    [
      'a server whose models have no list price',
      { provider: 'OPENAI_COMPATIBLE' },
      /no known price.*another provider/,
    ],
  ])('refuses %s, and says what there is', (_what, request, message) => {
    expect(() => router().route(request)).toThrow(RoutingError);
    expect(() => router().route(request)).toThrow(message);
  });

  it('names only models that can be called when the model is unknown', () => {
    expect(() => router().route({ model: 'gpt-99' })).toThrow(/^(?!.*claude)/s);
  });

  it('never puts another provider in place of a default that is not configured', () => {
    expect(() => router({ models: new Map(), defaultProvider: 'GOOGLE' }).route({})).toThrow(
      /GOOGLE is not configured here. Configured: none/,
    );
  });
});

describe('Router.list', () => {
  it('lists every priced model, and which of them can be called', () => {
    const listed = router().list();
    const available = new Set(listed.filter((model) => model.available).map((model) => model.provider));
    expect(available).toEqual(new Set(['OPENAI', 'OFFLINE']));
    expect(new Set(listed.map((model) => model.provider))).toContain('ANTHROPIC');
  });
});

describe('parseProviderName', () => {
  it.each([
    ['anthropic', 'ANTHROPIC'],
    ['openai-compatible', 'OPENAI_COMPATIBLE'],
    ['OPENAI_COMPATIBLE', 'OPENAI_COMPATIBLE'],
    ['openrouter', undefined],
    ['', undefined],
  ])('%j is %s', (text, name) => {
    expect(parseProviderName(text)).toBe(name);
  });
});

function router(options: Partial<RouterOptions> = {}): Router {
  const models = new Map<ProviderName, LanguageModel>([
    ['OPENAI', openai],
    ['OFFLINE', offline],
  ]);
  return new Router({ models, defaultProvider: 'OFFLINE', ...options });
}
