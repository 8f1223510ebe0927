import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../../src/core/llm/language-model.ts';
import { costMicros, type ModelPrice, worstCaseMicros } from '../../../../src/core/llm/prices.ts';
import { PriceList } from '../../../../src/core/llm/price-list.ts';
import { PROVIDER_NAMES } from '../../../../src/core/llm/providers/registry.ts';
import { worstCaseInputTokens } from '../../../../src/core/llm/tokens.ts';

const PRICE: ModelPrice = {
  provider: 'OPENAI',
  model: 'm',
  inputUsdPerMTok: '1.25',
  outputUsdPerMTok: '10',
  contextTokens: null,
  version: 'test',
};

const TIER = { inputUsdPerMTok: '1', outputUsdPerMTok: '8' };

describe('costMicros', () => {
  it('is exact', () => {
    expect(costMicros(PRICE, { inputTokens: 1_000, outputTokens: 100 })).toBe(2_250n);
    expect(costMicros(PRICE, { inputTokens: 0, outputTokens: 0 })).toBe(0n);
    const tiny = { ...PRICE, inputUsdPerMTok: '0.1', outputUsdPerMTok: '0.2' };
    expect(costMicros(tiny, { inputTokens: 1_000_000, outputTokens: 1_000_000 })).toBe(300_000n);
  });

  it('rounds up once per call', () => {
    const cents = { ...PRICE, inputUsdPerMTok: '0.4', outputUsdPerMTok: '0.4' };
    expect(costMicros(cents, { inputTokens: 1, outputTokens: 1 })).toBe(1n);
    expect(costMicros(cents, { inputTokens: 1, outputTokens: 2 })).toBe(2n);
  });

  it('is exact beyond the range of a double', () => {
    const tokens = Number.MAX_SAFE_INTEGER;
    const dear = { ...PRICE, inputUsdPerMTok: '0.000001', outputUsdPerMTok: '999999.999999' };
    const expected = (BigInt(tokens) * 1n + BigInt(tokens) * 999_999_999_999n + 999_999n) / 1_000_000n;
    expect(costMicros(dear, { inputTokens: tokens, outputTokens: tokens })).toBe(expected);
  });

  it('charges cached and cache-written input at their own prices, or at the input price by default', () => {
    const usage = { inputTokens: 1_000, outputTokens: 0, cachedInputTokens: 600, cacheWriteTokens: 300 };
    const own = { ...PRICE, inputUsdPerMTok: '2', cachedInputUsdPerMTok: '0.2', cacheWriteUsdPerMTok: '2.5' };
    expect(costMicros(own, usage)).toBe(100n * 2n + 120n + 750n);
    expect(costMicros({ ...PRICE, inputUsdPerMTok: '2' }, usage)).toBe(2_000n);
  });

  it('charges a whole call with a long prompt at the higher price', () => {
    const longer = { aboveInputTokens: 200_000, inputUsdPerMTok: '2.5', outputUsdPerMTok: '15' };
    const longest = { aboveInputTokens: 400_000, inputUsdPerMTok: '3', outputUsdPerMTok: '20' };
    const price = { ...PRICE, longPrompts: [longer, longest] };
    expect(costMicros(price, { inputTokens: 200_000, outputTokens: 1_000 })).toBe(260_000n);
    expect(costMicros(price, { inputTokens: 200_001, outputTokens: 1_000 })).toBe(515_003n);
    expect(costMicros(price, { inputTokens: 400_001, outputTokens: 1_000 })).toBe(1_220_003n);
  });

  it.each(['', '-1', '1.', '.5', '1e3', '1,5', '0.1234567'])('rejects the price %j', (text) => {
    expect(() =>
      costMicros({ ...PRICE, inputUsdPerMTok: text }, { inputTokens: 1, outputTokens: 1 }),
    ).toThrow(RangeError);
  });
});

const ALL_PRICES = PROVIDER_NAMES.flatMap((provider) => new PriceList().offered(provider));

describe('worstCaseMicros', () => {
  const request: ModelRequest = {
    model: 'm',
    system: 'Antworte knapp, 예를 들어 so.',
    messages: [{ role: 'user', content: 'x'.repeat(150_000) }],
    maxOutputTokens: 2_000,
    task: { name: 'test', metadata: {} },
  };

  it.each(ALL_PRICES.map((price) => [`${price.provider} ${price.model}`, price] as const))(
    'is at least the cost of any call to %s',
    (_model, price) => {
      const most = worstCaseInputTokens(request);
      const worst = worstCaseMicros(price, request);
      for (const inputTokens of [1, Math.floor(most / 2), most]) {
        for (const share of [{}, { cachedInputTokens: inputTokens }, { cacheWriteTokens: inputTokens }]) {
          const cost = costMicros(price, { inputTokens, outputTokens: request.maxOutputTokens, ...share });
          expect(cost).toBeLessThanOrEqual(worst);
        }
      }
    },
  );

  it.each([
    ['writing to the cache costs less than reading anew', { cacheWriteUsdPerMTok: '0' }],
    ['the cache costs more than reading anew', { cachedInputUsdPerMTok: '5' }],
    [
      'only a long prompt is written to the cache at a price of its own',
      { longPrompts: [{ aboveInputTokens: 100_000, ...TIER, cacheWriteUsdPerMTok: '9' }] },
    ],
    ['a long prompt costs less', { longPrompts: [{ aboveInputTokens: 149_000, ...TIER }] }],
  ])('is at least the cost of any call when %s', (_what, change) => {
    const price = { ...PRICE, ...change };
    const most = worstCaseInputTokens(request);
    for (const inputTokens of [1, 99_999, 100_000, 100_001, 149_000, 149_001, most]) {
      for (const share of [{}, { cachedInputTokens: inputTokens }, { cacheWriteTokens: inputTokens }]) {
        const cost = costMicros(price, { inputTokens, outputTokens: request.maxOutputTokens, ...share });
        expect(cost).toBeLessThanOrEqual(worstCaseMicros(price, request));
      }
    }
  });
});
