import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type CatalogOptions,
  MODEL_PRICES,
  ModelCatalog,
  ModelNotFoundError,
} from '../../../../src/core/llm/catalog.ts';
import { compatibleModels } from '../../../../src/core/llm/compatible-models.ts';
import list from '../../../../src/core/llm/prices.json' with { type: 'json' };
import { PROVIDER_NAMES } from '../../../../src/core/llm/providers/registry.ts';

describe('the price list', () => {
  const usd = z
    .string()
    .regex(/^\d+(\.\d{1,6})?$/)
    .refine((text) => Number(text) > 0);
  const price = z.strictObject({
    provider: z.enum(PROVIDER_NAMES),
    model: z.string().min(1),
    inputUsdPerMTok: usd,
    outputUsdPerMTok: usd,
    cachedInputUsdPerMTok: usd.optional(),
    cacheWriteUsdPerMTok: usd.optional(),
    longPrompt: z
      .strictObject({ aboveInputTokens: z.int().positive(), inputTimes: usd, outputTimes: usd })
      .optional(),
    thinkingTokens: z.int().positive().optional(),
    contextTokens: z.int().positive().nullable(),
    nominal: z.literal(true).optional(),
  });

  it('has only valid, non-zero prices, and each model once', () => {
    expect(z.array(price).safeParse(MODEL_PRICES).error).toBeUndefined();
    const names = MODEL_PRICES.map(({ provider, model }) => `${provider}/${model}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has models of every provider but the operator’s own servers, and of no others', () => {
    const names = PROVIDER_NAMES.filter((name) => name !== 'OPENAI_COMPATIBLE');
    expect(Object.keys(list.models).toSorted()).toEqual(names.toSorted());
  });

  it('has a date', () => {
    expect(new Date(list.asOf).toISOString().slice(0, 10)).toBe(list.asOf);
  });

  it('has nominal prices for the OFFLINE models only', () => {
    for (const { provider, nominal } of MODEL_PRICES) expect(nominal ?? false).toBe(provider === 'OFFLINE');
    const offline = ['offline-fast', 'offline-balanced', 'offline-deep'].map((model) =>
      catalog().find({ provider: 'OFFLINE', model }),
    );
    const outputUsd = offline.map((found) => Number(found.outputUsdPerMTok));
    expect(outputUsd).toEqual(outputUsd.toSorted((a, b) => a - b));
  });
});

describe('ModelCatalog.find', () => {
  it('returns the defaults for an empty choice', () => {
    expect(catalog({ defaultModel: 'offline-deep' }).find()).toMatchObject({
      provider: 'OFFLINE',
      model: 'offline-deep',
      nominal: true,
    });
  });

  it.each(['OPENAI', 'openai', ' OpenAI '])(
    'reads a provider case-insensitively (%j) and returns its default model',
    (provider) => {
      const { model } = MODEL_PRICES.find((price) => price.provider === 'OPENAI')!;
      expect(catalog({ defaultModel: 'offline-deep' }).find({ provider })).toMatchObject({
        provider: 'OPENAI',
        model,
      });
    },
  );

  it('finds a model with its provider and price', () => {
    expect(catalog().find({ model: 'gpt-5-mini' })).toMatchObject({
      provider: 'OPENAI',
      inputUsdPerMTok: '0.25',
      outputUsdPerMTok: '2',
    });
  });

  it('treats null and empty strings as omitted', () => {
    const { provider, model } = catalog().find({ provider: null, model: '' });
    expect({ provider, model }).toEqual({ provider: 'OFFLINE', model: 'offline-balanced' });
  });

  it.each([
    ['an unknown provider', { provider: 'ACME' }, /Unknown provider "ACME".*OPENAI, OFFLINE/],
    ['a name that every object has', { provider: 'constructor' }, /Unknown provider "constructor"/],
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
  ])('rejects %s and lists the alternatives', (_what, choice, message) => {
    expect(() => catalog().find(choice)).toThrow(ModelNotFoundError);
    expect(() => catalog().find(choice)).toThrow(message);
  });

  it('suggests only models of configured providers for an unknown model', () => {
    expect(() => catalog().find({ model: 'gpt-99' })).toThrow(/^(?!.*claude)/s);
  });

  it('never replaces a default provider that is not configured', () => {
    expect(() => catalog({ configured: [], defaultProvider: 'GOOGLE' }).find()).toThrow(
      /GOOGLE is not configured. Configured providers: none/,
    );
  });
});

describe('models of the operator’s own servers', () => {
  const ownModels = compatibleModels([
    { name: 'ollama', baseUrl: 'http://a/v1', apiKey: null, models: [ownModel('gpt-5-mini', '0')] },
    { name: 'vllm', baseUrl: 'http://b/v1', apiKey: 'k', models: [ownModel('gpt-5-mini', '0.3')] },
  ]);
  const own = (options: Partial<CatalogOptions> = {}) =>
    catalog({
      configured: ['OPENAI', 'OPENAI_COMPATIBLE'],
      ownModels,
      defaultProvider: 'OPENAI',
      ...options,
    });

  it('are found by server and model, with the operator’s price', () => {
    for (const [model, inputUsdPerMTok] of [
      ['ollama/gpt-5-mini', '0'],
      ['vllm/gpt-5-mini', '0.3'],
    ]) {
      const found = { provider: 'OPENAI_COMPATIBLE', model, inputUsdPerMTok };
      expect(own().find({ model })).toMatchObject(found);
      expect(own().find({ provider: 'openai_compatible', model })).toMatchObject(found);
    }
  });

  it('never take the place or the price of a model of the same name', () => {
    expect(own().find({ model: 'gpt-5-mini' })).toMatchObject({
      provider: 'OPENAI',
      inputUsdPerMTok: '0.25',
    });
    expect(() => own().find({ provider: 'OPENAI_COMPATIBLE', model: 'gpt-5-mini' })).toThrow(
      /has no known price. Choose one of: ollama\/gpt-5-mini, vllm\/gpt-5-mini\./,
    );
    expect(() => own().find({ provider: 'OPENAI', model: 'ollama/gpt-5-mini' })).toThrow(ModelNotFoundError);
  });

  it('may be the default', () => {
    const byDefault = { defaultProvider: 'OPENAI_COMPATIBLE' } as const;
    expect(own(byDefault).find().model).toBe('ollama/gpt-5-mini');
    expect(own({ ...byDefault, defaultModel: 'vllm/gpt-5-mini' }).find().inputUsdPerMTok).toBe('0.3');
  });

  it('are listed as available', () => {
    const listed = own().list();
    expect(listed.slice(-2)).toEqual(ownModels.map((model) => ({ ...model, available: true })));
  });

  it('do not exist without servers', () => {
    expect(() => catalog().find({ provider: 'OPENAI_COMPATIBLE' })).toThrow(
      /OPENAI_COMPATIBLE is not configured. Configured providers: OPENAI, OFFLINE/,
    );
  });

  function ownModel(name: string, usd: string) {
    return {
      name,
      contextTokens: null,
      maxOutputTokens: null,
      inputUsdPerMTok: usd,
      outputUsdPerMTok: usd,
    };
  }
});

describe('ModelCatalog.list', () => {
  it('lists every priced model and whether it can be called', () => {
    const listed = catalog().list();
    const available = new Set(listed.filter((model) => model.available).map((model) => model.provider));
    expect(available).toEqual(new Set(['OPENAI', 'OFFLINE']));
    expect(new Set(listed.map((model) => model.provider))).toContain('ANTHROPIC');
  });
});

function catalog(options: Partial<CatalogOptions> = {}): ModelCatalog {
  return new ModelCatalog({ configured: ['OPENAI', 'OFFLINE'], defaultProvider: 'OFFLINE', ...options });
}
