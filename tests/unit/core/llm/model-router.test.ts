import { describe, expect, it } from 'vitest';
import { ModelNotFoundError } from '../../../../src/core/llm/catalog.ts';
import type { LanguageModel } from '../../../../src/core/llm/language-model.ts';
import { PriceList } from '../../../../src/core/llm/price-list.ts';
import { ModelRouter } from '../../../../src/core/llm/model-router.ts';
import type { ModelPrice } from '../../../../src/core/llm/prices.ts';
import { OfflineModel } from '../../../../src/core/llm/providers/offline.ts';
import type { ProviderName } from '../../../../src/core/llm/providers/registry.ts';

const openai: LanguageModel = new OfflineModel({ script: () => 'openai' });
const own: LanguageModel = new OfflineModel({ script: () => 'own' });
const offline: LanguageModel = new OfflineModel({ script: () => 'offline' });

describe('ModelRouter.route', () => {
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

  it('returns the client of the default provider with the price of the default model', () => {
    const route = router.route();
    expect(route).toMatchObject({ provider: 'OFFLINE', model: 'offline-deep' });
    expect(route.languageModel).toBe(offline);
    expect(route.price).toEqual(router.catalog.find());
  });

  it('returns the client of the model’s provider', () => {
    const route = router.route({ model: 'gpt-4.1-mini' });
    expect(route).toMatchObject({ provider: 'OPENAI', model: 'gpt-4.1-mini' });
    expect(route.languageModel).toBe(openai);
  });

  it('returns the client of the operator’s own servers, with their price', () => {
    const route = router.route({ model: 'ollama/gpt-4.1-mini' });
    expect(route).toMatchObject({ provider: 'OPENAI_COMPATIBLE', model: 'ollama/gpt-4.1-mini' });
    expect(route.languageModel).toBe(own);
    expect(route.price).toEqual(ownModels[0]);
  });

  it('rejects models that are not in the catalog, and providers without a client', () => {
    expect(() => router.route({ model: 'gpt-99' })).toThrow(ModelNotFoundError);
    expect(() => router.route({ provider: 'GOOGLE' })).toThrow(ModelNotFoundError);
  });
});
