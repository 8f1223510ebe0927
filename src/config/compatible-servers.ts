import { z } from 'zod';
import { price, tokens } from './model-prices.ts';
import { apiUrl, entryOf, isDistinct, jsonArray } from './setting.ts';

const text = z.string({ error: 'must be a text' });

const model = entryOf({
  /** With the name of the server before it, it is the model of a step. */
  name: text.regex(/^[\w.:@/-]{1,149}$/, 'must consist of 1 to 149 of a-z, A-Z, 0-9 and _ . : @ / -'),
  contextTokens: tokens,
  maxOutputTokens: tokens,
  thinkingTokens: tokens,
  inputUsdPerMTok: price,
  outputUsdPerMTok: price,
}).refine(
  ({ maxOutputTokens, thinkingTokens }) =>
    maxOutputTokens === null || thinkingTokens === null || thinkingTokens < maxOutputTokens,
  { path: ['thinkingTokens'], message: 'must be less than maxOutputTokens, of which it is a part' },
);

const server = entryOf({
  name: text.regex(/^[a-z0-9-]{1,50}$/, 'must consist of 1 to 50 of a-z, 0-9 and -'),
  baseUrl: apiUrl('https://host/v1'),
  apiKey: text
    .regex(/^[!-~]+$/, 'must consist of visible ASCII characters')
    .nullable()
    .default(null),
  models: z
    .array(model, { error: 'must be a list of models' })
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 models')
    .refine(haveDistinctNames, 'has a name twice'),
});

/** OPENAI_COMPATIBLE_SERVERS: a JSON array of servers. `.env.example` documents the fields. */
export const compatibleServers = jsonArray(server)
  .refine((list) => list.length >= 1 && list.length <= 20, 'must have 1 to 20 servers')
  .refine(haveDistinctNames, 'has a name twice')
  .default([]);

function haveDistinctNames(list: readonly { name: string }[]): boolean {
  return isDistinct(list.map(({ name }) => name));
}
