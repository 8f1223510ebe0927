import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelRequest, ModelUsage } from '../../src/core/llm/language-model.ts';
import { PriceList } from '../../src/core/llm/price-list.ts';
import { costMicros } from '../../src/core/llm/prices.ts';
import { createNonce } from '../../src/core/prompt-safety/isolate.ts';
import { agentOf } from '../../src/modules/pipelines/agents/agents.ts';
import { makeTask } from '../support/agent-task.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());
beforeEach(() => provider.reset());

describe.each(Object.values(DIALECTS))('two calls of the same agent through $name', (dialect) => {
  it('have the whole constant part of the prompt in common, as the first text', async () => {
    provider.answer = (response) => sendEvents(response, ...dialect.connection.closing('stop', USAGE)).end();
    const requests = ['Compare three vendors', '비가 얼마나 왔나'].map((text) => requestOf(text));
    for (const request of requests) await read(dialect.create({ url: provider.url }), request);

    const prompts = provider.requests.map(({ body }) => promptIn(body));
    const { system } = requests[0]!;
    expect(system.length).toBeGreaterThan(1_500);
    for (const prompt of prompts) expect(prompt.startsWith(system)).toBe(true);
    expect(prompts[0]).not.toBe(prompts[1]);
  });
});

describe('Anthropic’s cache', () => {
  const model = () => DIALECTS.ANTHROPIC.create({ url: provider.url });

  it('ends with the constant part, and is not asked for a short one', async () => {
    provider.answer = (response) =>
      sendEvents(response, ...DIALECTS.ANTHROPIC.connection.closing('stop', USAGE)).end();
    const { system, systemSuffix, ...request } = requestOf('Compare three vendors');
    await read(model(), { ...request, system, systemSuffix: systemSuffix! });
    await read(model(), { ...request, system: 'Be brief.', systemSuffix: systemSuffix! });
    const [long, short] = provider.requests.map(
      ({ body }) => (JSON.parse(body) as { system: object[] }).system,
    );
    const rest = { type: 'text', text: systemSuffix };
    expect(long).toEqual([{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }, rest]);
    expect(short).toEqual([{ type: 'text', text: 'Be brief.' }, rest]);
  });

  it('costs a quarter more to write, and a tenth to read', async () => {
    const price = new PriceList().find('ANTHROPIC', 'claude-sonnet-4-6')!; // $3 in, $15 out
    const costOf = async (counts: object) => {
      const usage = { input_tokens: 100, output_tokens: 10, ...counts };
      const events = [
        { type: 'message_start', message: { usage } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 10 } },
        { type: 'message_stop' },
      ];
      provider.answer = (response) =>
        sendEvents(response, ...events.map((event) => `data: ${JSON.stringify(event)}\n\n`)).end();
      return costMicros(price, (await read(model(), REQUEST))!);
    };
    expect(await costOf({})).toBe(450n);
    expect(await costOf({ cache_creation_input_tokens: 1_000 })).toBe(450n + 3_750n);
    expect(await costOf({ cache_read_input_tokens: 1_000 })).toBe(450n + 300n);
  });
});

function requestOf(text: string): ModelRequest {
  const task = makeTask({ request: text, step: { title: text, prompt: text }, nonce: createNonce() });
  return { ...agentOf('ANALYZER').buildRequest(task), model: 'any', maxOutputTokens: 1_000 };
}

/** The texts of a body, in the order in which the model reads them. */
function promptIn(body: string): string {
  const { system, systemInstruction, input, messages, contents } = JSON.parse(body) as Record<
    string,
    unknown
  >;
  return textsIn([system, systemInstruction, input, messages, contents]).join('\n\n');
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const { text, content, parts } = value as Record<string, unknown>;
  return textsIn([text, content, parts]);
}

async function read(
  model: ReturnType<(typeof DIALECTS)['OPENAI']['create']>,
  request: ModelRequest,
): Promise<ModelUsage | undefined> {
  let usage: ModelUsage | undefined;
  for await (const part of model.stream(request, new AbortController().signal))
    if (part.type === 'usage') usage = part.usage;
  return usage;
}
