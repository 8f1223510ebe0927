import { describe, expect, it } from 'vitest';
import { type CatalogOptions, ModelCatalog, ModelNotFoundError } from '../../../../src/core/llm/catalog.ts';
import { compatibleModels } from '../../../../src/core/llm/compatible-models.ts';
import { PriceList } from '../../../../src/core/llm/price-list.ts';

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
      const model = new PriceList().offered('OPENAI')[0]!.model;
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
    [
      'an unknown model',
      { model: 'gpt-99' },
      /"gpt-99" has no known price.*gpt-5-mini.*offline-fast.*LLM_PRICES_FILE/,
    ],
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

describe('a model that its provider no longer serves', () => {
  const later = { prices: new PriceList([], () => new Date('2026-11-28')) };
  const RETIRED = 'gpt-4-0613';

  it('is refused with its successor', () => {
    const message = 'OPENAI no longer serves the model "gpt-4-0613" since 2026-10-23. Use "gpt-5.6-sol".';
    expect(() => catalog(later).find({ model: RETIRED })).toThrow(message);
    expect(() => catalog(later).find({ provider: 'OPENAI', model: RETIRED })).toThrow(message);
  });

  it('gives its place as the default to its successor, and says so', () => {
    const models = catalog({ ...later, defaultProvider: 'OPENAI', defaultModel: RETIRED });
    expect(models.retiredDefault()).toMatchObject({ since: '2026-10-23', successor: 'gpt-5.6-sol' });
    expect(models.find().model).toBe('gpt-5.6-sol');
    expect(models.describe('OPENAI', RETIRED)).toBeUndefined();
    expect(catalog({ ...later, defaultProvider: 'OPENAI' }).retiredDefault()).toBeUndefined();
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
      prices: new PriceList(ownModels),
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
      /use `ollama\/gpt-5-mini` or `vllm\/gpt-5-mini` of OPENAI_COMPATIBLE\./,
    );
    expect(() => own().find({ provider: 'OPENAI_COMPATIBLE', model: 'gpt-5' })).toThrow(
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
    const listed = own()
      .list()
      .filter(({ provider }) => provider === 'OPENAI_COMPATIBLE');
    expect(listed).toEqual(ownModels.map((model) => ({ ...model, available: true })));
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
      thinkingTokens: null,
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
