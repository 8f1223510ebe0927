import { describe, expect, it } from 'vitest';
import { type ModelCatalog, type ModelChoice, ModelNotFoundError } from '../../../../src/core/llm/catalog.ts';
import { type LanguageModel, ModelError } from '../../../../src/core/llm/language-model.ts';
import { PriceList } from '../../../../src/core/llm/price-list.ts';
import {
  type KeyRoute,
  type KeySource,
  ModelRouter,
  type Route,
} from '../../../../src/core/llm/model-router.ts';
import type { ModelPrice } from '../../../../src/core/llm/prices.ts';
import { OfflineModel } from '../../../../src/core/llm/providers/offline.ts';
import type { ProviderName } from '../../../../src/core/llm/providers/registry.ts';

const openai: LanguageModel = new OfflineModel({ script: () => 'openai' });
const own: LanguageModel = new OfflineModel({ script: () => 'own' });
const offline: LanguageModel = new OfflineModel({ script: () => 'offline' });

interface Holder {
  tenantId: string;
  userId: string;
}

describe('ModelRouter', () => {
  const clients = new Map<ProviderName, LanguageModel>([
    ['OPENAI', openai],
    ['OPENAI_COMPATIBLE', own],
    ['OFFLINE', offline],
  ]);
  const ownModels: ModelPrice[] = [
    {
      provider: 'OPENAI_COMPATIBLE',
      model: 'ollama/gpt-4.1-mini',
      inputUsdPerMTok: '0',
      outputUsdPerMTok: '0',
      contextTokens: null,
      version: 'test',
    },
  ];
  const router = new ModelRouter({
    clients,
    prices: new PriceList(ownModels),
    defaultProvider: 'OFFLINE',
    defaultModel: 'offline-deep',
  });

  const ann = { tenantId: 'tenant', userId: 'ann' };
  const textOf = async (route: Route) => {
    const request = {
      model: route.model,
      system: '',
      messages: [{ role: 'user' as const, content: 'Hi' }],
      maxOutputTokens: 10,
      task: { name: 'test', metadata: {} },
    };
    let text = '';
    for await (const part of route.languageModel.stream(request, new AbortController().signal))
      if (part.type === 'text') text += part.text;
    return text;
  };

  it('routes to the default model with its price', async () => {
    const [route, ...others] = await router.resolve({}, ann);
    expect(route).toMatchObject({ provider: 'OFFLINE', model: 'offline-deep' });
    expect(await textOf(route!)).toBe('offline');
    expect(route!.price).toEqual(router.catalog.find());
    expect(others).toEqual([]);
  });

  it('routes to the provider of the model, and to the operator’s own servers with their price', async () => {
    const [route] = await router.resolve({ model: 'gpt-4.1-mini' }, ann);
    expect(route).toMatchObject({ provider: 'OPENAI', model: 'gpt-4.1-mini' });
    expect(await textOf(route!)).toBe('openai');
    const [toOwn] = await router.resolve({ model: 'ollama/gpt-4.1-mini' }, ann);
    expect(toOwn!.price).toEqual(ownModels[0]);
    expect(await textOf(toOwn!)).toBe('own');
  });

  it('rejects models that are not in the catalog, and providers without a client', async () => {
    await expect(router.resolve({ model: 'gpt-99' }, ann)).rejects.toThrow(ModelNotFoundError);
    await expect(router.resolve({ provider: 'GOOGLE' }, ann)).rejects.toThrow(ModelNotFoundError);
  });

  describe('with keys', () => {
    const key = (id: string, provider: ProviderName): KeyRoute => ({
      id,
      provider,
      languageModel: new OfflineModel({ script: () => id }),
    });
    const withKeys = (...keys: KeyRoute[]) =>
      new ModelRouter({ clients, defaultProvider: 'OPENAI', keys: { keysOf: async () => keys } });

    it('prefers the first key of a provider to the server’s', async () => {
      const [route] = await withKeys(key('own', 'OPENAI'), key('tenant', 'OPENAI')).resolve({}, ann);
      expect(await textOf(route!)).toBe('own');
      const [other] = await withKeys(key('own', 'GOOGLE')).resolve({}, ann);
      expect(await textOf(other!)).toBe('openai');
    });

    it('reaches providers that only the caller has a key for, and lists their models as available', async () => {
      const router = withKeys(key('own', 'GOOGLE'));
      const [route] = await router.resolve({ provider: 'GOOGLE' }, ann);
      expect(await textOf(route!)).toBe('own');
      const isAvailable = (catalog: ModelCatalog) =>
        catalog.list().find(({ provider }) => provider === 'GOOGLE')!.available;
      expect(isAvailable(router.catalog)).toBe(false);
      expect(isAvailable(await router.catalogFor(ann))).toBe(true);
    });

    it('makes the provider of a key the default where the server has only the OFFLINE model', async () => {
      const keys = { keysOf: async () => [key('own', 'GOOGLE')] };
      const router = new ModelRouter({ clients, defaultProvider: 'OFFLINE', keys });
      expect((await router.resolve({}, ann))[0]).toMatchObject({ provider: 'GOOGLE' });
      expect((await router.catalogFor(ann)).find().provider).toBe('GOOGLE');
      expect(router.catalog.find().provider).toBe('OFFLINE');
    });
  });

  describe('with fallbacks', () => {
    const fallbacks = [{ provider: 'GOOGLE' }, { model: 'gpt-4.1-mini' }, { provider: 'OFFLINE' }];
    const router = new ModelRouter({ clients, defaultProvider: 'OPENAI', fallbacks });
    const namesOf = (routes: Route[]) => routes.map(({ provider, model }) => `${provider}/${model}`);

    it('appends those that the caller can use, each once', async () => {
      const first = namesOf(await router.resolve({ model: 'ollama/gpt-4.1-mini' }, ann).catch(() => []));
      expect(first).toEqual([]);
      expect(namesOf(await router.resolve({ model: 'gpt-4.1-mini' }, ann))).toEqual([
        'OPENAI/gpt-4.1-mini',
        `OFFLINE/${router.catalog.find({ provider: 'OFFLINE' }).model}`,
      ]);
    });
  });

  describe('with circuit breakers', () => {
    let isDown = true;
    const flaky: LanguageModel = {
      async *stream() {
        if (isDown) throw new ModelError('UNAVAILABLE', 'It is down.');
        yield { type: 'end', reason: 'stop' };
      },
    };
    let now = 0;
    const keys: KeySource<Holder> = {
      keysOf: async ({ userId }) => [{ id: userId, provider: 'OPENAI', languageModel: flaky }],
    };
    const routerWith = (fallbacks: ModelChoice[] = []) =>
      new ModelRouter({ clients, defaultProvider: 'OPENAI', keys, fallbacks, breaker: { now: () => now } });
    const fail = async (router: ModelRouter<Holder>, user: string, times: number) => {
      for (let n = 0; n < times; n++) {
        const [route] = await router.resolve({}, { tenantId: 'tenant', userId: user });
        await textOf(route!).catch(() => {});
      }
    };
    const bob = { tenantId: 'tenant', userId: 'bob' };

    it('makes no call after five failures in a row, for this key only, and tries one call later', async () => {
      const router = routerWith();
      isDown = true;
      await fail(router, 'ann', 5);
      await expect(router.resolve({}, ann)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        retryable: true,
        retryAfterMs: 30_000,
        message: 'It is down. It has failed 5 times in a row; the next call is made in 30 s.',
      });
      expect(await router.resolve({}, bob)).toHaveLength(1);
      now += 30_000;
      const [probe] = await router.resolve({}, ann);
      const failing = textOf(probe!);
      await expect(router.resolve({}, ann)).rejects.toThrow('It is down.'); // the probe is under way
      await expect(failing).rejects.toThrow('It is down.');
      now += 30_000;
      isDown = false;
      const [again] = await router.resolve({}, ann);
      await textOf(again!);
      expect(await router.resolve({}, ann)).toHaveLength(1);
    });

    it('leaves an open route out where a fallback is left', async () => {
      const router = routerWith([{ provider: 'OFFLINE' }]);
      isDown = true;
      await fail(router, 'ann', 5);
      expect((await router.resolve({}, ann)).map(({ provider }) => provider)).toEqual(['OFFLINE']);
      expect((await router.resolve({}, bob)).map(({ provider }) => provider)).toEqual(['OPENAI', 'OFFLINE']);
    });

    it('counts no failure that is about the request', async () => {
      const refusing: LanguageModel = {
        async *stream() {
          yield { type: 'text', text: 'I' };
          throw new ModelError('REFUSED', 'No.');
        },
      };
      const source: KeySource<Holder> = {
        keysOf: async () => [{ id: 'a', provider: 'OPENAI', languageModel: refusing }],
      };
      const router = new ModelRouter({ clients, defaultProvider: 'OPENAI', keys: source });
      await fail(router, 'ann', 10);
      expect(await router.resolve({}, ann)).toHaveLength(1);
    });
  });
});
