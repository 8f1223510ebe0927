import fs from 'node:fs';
import { z } from 'zod';
import { isPrice, type ModelPrice } from '../core/llm/prices.ts';
import { KEYED_PROVIDER_NAMES } from '../core/llm/providers/registry.ts';
import { entryOf, isDistinct, oneOf } from './setting.ts';

const PRICE_EXPECTED =
  'must be the price in US dollars per million tokens, such as "0.25"; "0" for a model that costs nothing';

export const price = z
  .union([z.string(), z.number()], { error: PRICE_EXPECTED })
  .transform(String)
  .refine(isPrice, PRICE_EXPECTED);

const MAX_TOKENS = 100_000_000;
const TOKENS_EXPECTED = `must be a whole number of tokens from 1 to ${MAX_TOKENS}`;

const tokenCount = z.int({ error: TOKENS_EXPECTED }).min(1, TOKENS_EXPECTED).max(MAX_TOKENS, TOKENS_EXPECTED);

export const tokens = tokenCount.nullable().default(null);

const prices = {
  inputUsdPerMTok: price,
  outputUsdPerMTok: price,
  cachedInputUsdPerMTok: price.optional(),
  cacheWriteUsdPerMTok: price.optional(),
};

const model = entryOf({
  provider: oneOf(KEYED_PROVIDER_NAMES),
  model: z
    .string({ error: 'must be a text' })
    .regex(/^\S{1,200}$/, 'must be the provider’s name of the model'),
  contextTokens: tokens,
  thinkingTokens: tokenCount.optional(),
  ...prices,
  longPrompts: z
    .array(entryOf({ aboveInputTokens: tokenCount, ...prices }), { error: 'must be a list' })
    .max(10, 'must have at most 10 entries')
    .refine(isAscending, 'must have the entries with fewer aboveInputTokens first')
    .optional(),
});

const list = entryOf({
  asOf: z.iso.date('must be the day of the prices, such as "2026-11-28"'),
  models: z
    .array(model, { error: 'must be a list of models' })
    .max(1_000, 'must have at most 1000 models')
    .refine(
      (models) => isDistinct(models.map((entry) => `${entry.provider} ${entry.model}`)),
      'has a model twice',
    ),
});

/** LLM_PRICES_FILE: the path of a JSON file. docs/providers.md documents its fields. */
export const pricesFile = z
  .string()
  .transform(readJson)
  .pipe(list)
  .transform(({ asOf, models }) =>
    models.map((entry) => withoutUndefined({ ...entry, version: `operator ${asOf}` }) as ModelPrice),
  )
  .default([]);

function readJson(file: string, ctx: z.RefinementCtx): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${codeOf(error)})`;
    ctx.addIssue({ code: 'custom', message: `names a file that ${reason}` });
    return z.NEVER;
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? 'unknown');
}

function isAscending(tiers: readonly { aboveInputTokens: number }[]): boolean {
  return tiers.every(
    (tier, index) => index === 0 || tier.aboveInputTokens > tiers[index - 1]!.aboveInputTokens,
  );
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
