import { findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import list from '../../../../src/core/llm/prices.json' with { type: 'json' };
import { PriceList } from '../../../../src/core/llm/price-list.ts';
import { costMicros, isPrice, type ModelPrice } from '../../../../src/core/llm/prices.ts';
import {
  KEYED_PROVIDER_NAMES,
  PROVIDER_NAMES,
  type ProviderName,
} from '../../../../src/core/llm/providers/registry.ts';
import { PUBLIC_PRICES_VERSION, publicPrice } from '../../../../src/core/llm/public-prices.ts';

const NOVEMBER = new Date('2026-11-28T12:00:00Z');

describe('the offered models', () => {
  it('have a valid price each, and are listed once', () => {
    const all = PROVIDER_NAMES.flatMap((provider) => priceList().offered(provider));
    expect(all.length).toBeGreaterThan(40);
    for (const { longPrompts = [], ...base } of all) {
      for (const { inputUsdPerMTok, outputUsdPerMTok, cachedInputUsdPerMTok, cacheWriteUsdPerMTok } of [
        base,
        ...longPrompts,
      ]) {
        const prices = [inputUsdPerMTok, outputUsdPerMTok, cachedInputUsdPerMTok, cacheWriteUsdPerMTok];
        for (const price of prices.filter((one) => one !== undefined)) expect(isPrice(price)).toBe(true);
        expect(Number(inputUsdPerMTok)).toBeGreaterThan(0);
        expect(Number(outputUsdPerMTok)).toBeGreaterThan(Number(inputUsdPerMTok));
      }
    }
    const names = all.map(({ provider, model }) => `${provider}/${model}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are all that our list names, and have nominal prices for OFFLINE only', () => {
    for (const [provider, entries] of Object.entries(list.models)) {
      const offered = priceList().offered(provider as ProviderName);
      expect(offered.map(({ model }) => model)).toEqual(entries.map(({ model }) => model));
      for (const { nominal } of offered) expect(nominal ?? false).toBe(provider === 'OFFLINE');
    }
  });

  it('are those that the operator has priced, too', () => {
    const offered = priceList([operators('gpt-4o-2024-11-20', '2')]).offered('OPENAI');
    expect(offered.at(-1)).toMatchObject({ model: 'gpt-4o-2024-11-20', inputUsdPerMTok: '2' });
  });
});

describe('the price of a model', () => {
  it.each([
    ['OPENAI', 'gpt-4o-mini', '0.15', '0.6'],
    ['OPENAI', 'gpt-4o-mini-2024-07-18', '0.15', '0.6'],
    ['OPENAI', 'gpt-4o-2024-08-06', '2.5', '10'],
    ['OPENAI', 'gpt-4o-2024-05-13', '5', '15'],
    ['OPENAI', 'gpt-5.2-2025-12-11', '1.75', '14'],
    ['OPENAI', 'gpt-5.6-sol-2026-07-30', '4', '20'],
    ['ANTHROPIC', 'claude-haiku-4-5-20251001', '1', '5'],
    ['ANTHROPIC', 'claude-sonnet-5-5', '2', '10'],
    ['ANTHROPIC', 'claude-sonnet-5-5-20261015', '2', '10'],
    ['GOOGLE', 'gemini-2.5-pro-preview-06-05', '1.25', '10'],
    ['GOOGLE', 'gemini-2.5-flash-lite', '0.1', '0.4'],
  ] as const)('is that of the most specific entry: %s %s', (provider, model, input, output) => {
    expect(priceList().find(provider, model)).toMatchObject({
      model,
      inputUsdPerMTok: input,
      outputUsdPerMTok: output,
    });
  });

  it.each([
    ['OPENAI', 'gpt-99'],
    ['OPENAI', 'gpt-5.2-turbo'],
    ['OPENAI', 'ft:gpt-4o-mini-2024-07-18:acme::x'],
    ['OPENAI', 'text-embedding-3-small'],
    ['OPENAI', 'gpt-image-1.5'],
    ['OPENAI', 'gpt-realtime'],
    ['ANTHROPIC', 'claude-sonnet-5-7'],
    ['ANTHROPIC', 'gpt-4o-mini'],
    ['GOOGLE', 'gemma-4-31b-it'],
    ['GOOGLE', 'gemini-3-pro-image-preview'],
    ['OPENAI_COMPATIBLE', 'gpt-4o-mini'],
    ['OPENAI_COMPATIBLE', 'ollama/gpt-4o-mini'],
    ['OFFLINE', 'offline-fast-001'],
    ['OPENAI', 'constructor'],
    ['OPENAI', ''],
  ] as const)('is unknown rather than that of a model of a similar name: %s %s', (provider, model) => {
    expect(priceList().find(provider, model)).toBeUndefined();
  });

  it('is the operator’s before ours and the public one, for the family too, but not before a more specific one', () => {
    const prices = priceList([operators('gpt-4o', '2'), operators('gpt-6.1-sol', '1.5')]);
    expect(prices.find('OPENAI', 'gpt-4o')).toMatchObject({ inputUsdPerMTok: '2', version: 'operator' });
    expect(prices.find('OPENAI', 'gpt-4o-2024-08-06')).toMatchObject({ inputUsdPerMTok: '2' });
    expect(prices.find('OPENAI', 'gpt-6.1-sol')).toMatchObject({ inputUsdPerMTok: '1.5' });
    expect(prices.find('OPENAI', 'gpt-4o-2024-05-13')).toMatchObject({
      inputUsdPerMTok: '5',
      version: PUBLIC_PRICES_VERSION,
    });
    expect(prices.find('ANTHROPIC', 'gpt-4o')).toBeUndefined();
  });

  it('changes on the day that the provider has announced', () => {
    const on = (day: string) => new PriceList([], () => new Date(day)).find('GOOGLE', 'gemini-3.8-flash');
    expect(on('2026-12-31T23:59:59Z')).toMatchObject({ inputUsdPerMTok: '0.75', outputUsdPerMTok: '3.75' });
    expect(on('2027-01-01T00:00:00Z')).toMatchObject({ inputUsdPerMTok: '1.5', outputUsdPerMTok: '7.5' });
  });

  it('has the room for thinking of its family', () => {
    const room = priceList().find('OPENAI', 'gpt-5.2')!.thinkingTokens;
    expect(room).toBeGreaterThan(0);
    expect(priceList().find('OPENAI', 'gpt-5.2-2025-12-11')!.thinkingTokens).toBe(room);
    expect(priceList().find('OPENAI', 'gpt-4o-mini')!.thinkingTokens).toBeUndefined();
  });

  it('names its source and version', () => {
    expect(PUBLIC_PRICES_VERSION).toBe(`genai-prices ${packageJson.dependencies['@pydantic/genai-prices']}`);
    expect(priceList().find('OPENAI', 'gpt-5.2')?.version).toBe(PUBLIC_PRICES_VERSION);
    expect(priceList().find('OPENAI', 'gpt-6.1-sol')?.version).toBe(`agentforge ${list.asOf}`);
    expect(new Date(list.asOf).toISOString().slice(0, 10)).toBe(list.asOf);
  });
});

describe('costs as the providers publish them', () => {
  it.each([
    // https://ai.google.dev/gemini-api/docs/pricing: 2.5 Pro, $1.25 up to 200,000 tokens of prompt, $2.50 above
    ['GOOGLE', 'gemini-2.5-pro', { inputTokens: 100_000, outputTokens: 1_000 }, 135_000n],
    ['GOOGLE', 'gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1_000 }, 260_000n],
    ['GOOGLE', 'gemini-2.5-pro', { inputTokens: 300_000, outputTokens: 1_000 }, 765_000n],
    [
      'GOOGLE',
      'gemini-2.5-pro',
      { inputTokens: 300_000, cachedInputTokens: 100_000, outputTokens: 0 },
      525_000n,
    ],
    // https://developers.openai.com/api/docs/pricing: the whole call at twice the input price from 272,000 tokens on
    ['OPENAI', 'gpt-5.4', { inputTokens: 271_999, outputTokens: 0 }, 679_998n],
    ['OPENAI', 'gpt-5.4', { inputTokens: 272_000, outputTokens: 1_000 }, 1_382_500n],
    ['OPENAI', 'gpt-4o', { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 0 }, 2_000_000n],
    // https://platform.claude.com/docs/en/about-claude/pricing: writing to the cache 1.25 ×, reading 0.1 ×
    [
      'ANTHROPIC',
      'claude-haiku-4-5',
      { inputTokens: 30_000, cacheWriteTokens: 10_000, cachedInputTokens: 10_000, outputTokens: 1_000 },
      10_000n + 12_500n + 1_000n + 5_000n,
    ],
  ] as const)('%s %s %j', (provider, model, usage, cost) => {
    expect(costMicros(priceList().find(provider, model)!, usage)).toBe(cost);
  });

  it('of a longer prompt or answer are never lower', () => {
    for (const provider of KEYED_PROVIDER_NAMES) {
      for (const price of everyPublic(provider)) {
        const costs = [0, 1, 100_000, 128_001, 200_000, 200_001, 271_999, 272_000, 272_001, 1_000_000].map(
          (inputTokens) => costMicros(price, { inputTokens, outputTokens: 500 }),
        );
        expect(costs, price.model).toEqual(costs.toSorted((a, b) => Number(a - b)));
      }
    }
  });
});

describe('the public data', () => {
  it.each(KEYED_PROVIDER_NAMES)('can be read as a whole: %s', (provider) => {
    expect(everyPublic(provider).length).toBeGreaterThan(15);
  });

  it('has no price that depends on the hour, which we do not read', () => {
    for (const provider of KEYED_PROVIDER_NAMES) {
      const models = findProvider({ providerId: provider.toLowerCase() })!.models;
      expect(JSON.stringify(models)).not.toContain('time_of_date');
    }
  });
});

describe('a model that its provider no longer serves', () => {
  const at = (day: string, operator: ModelPrice[] = []) => new PriceList(operator, () => new Date(day));

  it('names its successor, under dated names too, from its last day on', () => {
    const seeds = 'claude-3-5-sonnet-20241022';
    expect(at('2025-10-27').retirement('ANTHROPIC', seeds)).toBeUndefined();
    expect(at('2025-10-28').retirement('ANTHROPIC', seeds)).toMatchObject({ successor: 'claude-sonnet-5-5' });
    expect(at('2026-12-10').retirement('OPENAI', 'gpt-5-mini')).toBeUndefined();
    expect(at('2026-12-11').retirement('OPENAI', 'gpt-5-mini')).toMatchObject({ since: '2026-12-11' });
    expect(at('2026-11-28').retirement('OPENAI', 'gpt-4o')).toBeUndefined();
    expect(at('2026-11-28').retirement('OPENAI', 'gpt-4o-2024-05-13')).toMatchObject({
      successor: 'gpt-5.6-sol',
    });
  });

  it('is not offered any more', () => {
    const names = (day: string) =>
      at(day)
        .offered('OPENAI')
        .map(({ model }) => model);
    expect(names('2026-12-10')).toContain('gpt-5-mini');
    expect(names('2026-12-11')).not.toContain('gpt-5-mini');
  });

  it('may be called where the operator has priced it, such as behind a gateway', () => {
    const prices = at('2026-11-28', [operators('gpt-4', '30')]);
    expect(prices.retirement('OPENAI', 'gpt-4')).toBeUndefined();
    expect(prices.retirement('OPENAI', 'gpt-4-0613')).toBeUndefined();
    expect(prices.find('OPENAI', 'gpt-4')).toMatchObject({ inputUsdPerMTok: '30' });
  });

  it('has a successor with a price that is served', () => {
    const later = at('2027-06-01');
    for (const [provider, retired] of Object.entries(list.retired)) {
      for (const { model, successor } of retired) {
        expect(later.find(provider as ProviderName, successor), successor).toBeDefined();
        expect(later.retirement(provider as ProviderName, successor), successor).toBeUndefined();
        expect(successor).not.toBe(model);
      }
    }
  });
});

function priceList(operator: ModelPrice[] = []): PriceList {
  return new PriceList(operator, () => NOVEMBER);
}

function operators(model: string, inputUsdPerMTok: string): ModelPrice {
  return {
    provider: 'OPENAI',
    model,
    inputUsdPerMTok,
    outputUsdPerMTok: '8',
    contextTokens: null,
    version: 'operator',
  };
}

function everyPublic(provider: (typeof KEYED_PROVIDER_NAMES)[number]): ModelPrice[] {
  const models = findProvider({ providerId: provider.toLowerCase() })!.models;
  return models.flatMap(({ id }) => publicPrice(provider, id, NOVEMBER)?.price ?? []);
}
