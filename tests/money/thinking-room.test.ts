import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/core/llm/language-model.ts';
import { PriceList } from '../../src/core/llm/price-list.ts';
import type { ModelPrice } from '../../src/core/llm/prices.ts';
import { worstCaseInputTokens } from '../../src/core/llm/tokens.ts';
import { FORM, USAGE } from '../contracts/provider-dialect.ts';
import { DIALECTS } from '../contracts/provider-dialects.ts';
import { metering } from '../support/metering.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';

const metered = metering();
const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());

const request: ModelRequest = {
  model: 'any',
  system: 'You are brief.',
  messages: [{ role: 'user', content: 'Say hello.' }],
  maxOutputTokens: 400,
  task: { name: 'test', metadata: {} },
};
const output: ModelRequest['output'] = { name: 'form', schema: FORM };

describe.each([
  ['OPENAI', 'gpt-6-sol'],
  ['OPENAI', 'gpt-4.1'],
  ['OPENAI_CHAT', 'o3'],
  ['ANTHROPIC', 'claude-opus-5-5'],
  ['ANTHROPIC', 'claude-opus-4-5'],
  ['ANTHROPIC', 'claude-haiku-4-5'],
  ['GOOGLE', 'gemini-3.1-pro-preview'],
  ['GOOGLE', 'gemini-2.5-flash'],
] as const)('a call through %s to %s', (protocol, name) => {
  const price = new PriceList().find(protocol === 'OPENAI_CHAT' ? 'OPENAI' : protocol, name)!;
  const dialect = DIALECTS[protocol];

  it('reserves what the provider can bill at most: the whole limit that it gets', async () => {
    provider.answer = (response, { body }) => {
      const { opening, text } = dialect.connection;
      const billed = { inputTokens: worstCaseInputTokens(request), outputTokens: limitIn(body) };
      sendEvents(
        response,
        ...opening(billed),
        text('{}'),
        ...dialect.connection.closing('stop', billed),
      ).end();
    };
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    const { body, reservedMicros, costMicros, estimated } = await callOf(ann, price, {});
    expect(limitIn(body)).toBe(400 + (price.thinkingTokens ?? 0));
    expect(estimated).toBe(false);
    expect(costMicros).toBeLessThanOrEqual(reservedMicros);
    if (price.cacheWriteUsdPerMTok === undefined) expect(costMicros).toBe(reservedMicros);
  });

  it('says how much to think: little for an object', async () => {
    provider.answer = (response) => {
      const { opening, text, closing } = dialect.connection;
      sendEvents(response, ...opening(USAGE), text('{}'), ...closing('stop', USAGE)).end();
    };
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    const [plain, json] = [await callOf(ann, price, {}), await callOf(ann, price, { output })];
    expect(settingsIn(plain.body)).toEqual(SETTINGS[name]?.[0] ?? {});
    expect(settingsIn(json.body)).toEqual(SETTINGS[name]?.[1] ?? {});
  });

  async function callOf(ann: ReturnType<typeof metered.newcomer>, ofModel: ModelPrice, more: object) {
    const model = dialect.create({ url: provider.url });
    const call = await ann.open(model, {
      ...request,
      price: ofModel,
      model: ofModel.model,
      ...more,
    });
    const { reservedMicros } = await ann.today();
    for await (const _part of call.parts);
    const { costMicros, estimated } = await ann.settle(call);
    return { body: provider.requests.at(-1)!.body, reservedMicros, costMicros, estimated };
  }
});

/** For a text and for an object. */
const SETTINGS: Record<string, [object, object]> = {
  'gpt-6-sol': [{ reasoning: { effort: 'medium' } }, { reasoning: { effort: 'low' } }],
  o3: [{ reasoning_effort: 'medium' }, { reasoning_effort: 'low' }],
  'claude-opus-5-5': [
    { thinking: { type: 'adaptive' }, effort: 'medium' },
    { thinking: { type: 'adaptive' }, effort: 'low' },
  ],
  'claude-opus-4-5': [
    { thinking: { type: 'enabled', budget_tokens: 8_192 } },
    { thinking: { type: 'enabled', budget_tokens: 2_048 } },
  ],
  'gemini-3.1-pro-preview': [
    { thinkingConfig: { thinkingLevel: 'MEDIUM' } },
    { thinkingConfig: { thinkingLevel: 'LOW' } },
  ],
  'gemini-2.5-flash': [
    { thinkingConfig: { thinkingBudget: 4_096 } },
    { thinkingConfig: { thinkingBudget: 1_024 } },
  ],
};

function settingsIn(body: string): object {
  const { reasoning, reasoning_effort, thinking, output_config, generationConfig } = JSON.parse(body) as Body;
  const { effort } = output_config ?? {};
  const { thinkingConfig } = generationConfig ?? {};
  const all = { reasoning, reasoning_effort, thinking, effort, thinkingConfig };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The limit of output tokens, by each name that it has. */
function limitIn(body: string): number {
  const sent = JSON.parse(body) as Body;
  return (sent.max_output_tokens ??
    sent.max_completion_tokens ??
    sent.max_tokens ??
    sent.generationConfig?.maxOutputTokens)!;
}

interface Body {
  max_output_tokens?: number;
  max_completion_tokens?: number;
  max_tokens?: number;
  reasoning?: object;
  reasoning_effort?: string;
  thinking?: object;
  output_config?: { effort?: string };
  generationConfig?: { maxOutputTokens?: number; thinkingConfig?: object };
}
