import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest, ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { UsageMeter } from '../../src/modules/usage/usage-meter.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { REQUEST } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const TEXT = 'One two three four five six seven eight.';
const NOTHING = { inputTokens: 0, outputTokens: 0 };
const FORM: ModelRequest = { ...REQUEST, output: { name: 'form', schema: null } };
const SUSPECT: ModelRequest = { ...REQUEST, model: 'deepseek-r1' };

/** The provider writes, and bills, what is kept back here. */
describe.each(Object.values(DIALECTS))('an answer of $name that fails while it is kept back', (dialect) => {
  const provider = new ScriptedProvider();
  beforeAll(() => provider.start());
  afterAll(() => provider.stop());

  const { connection, words, ending } = dialect;
  const FAILURES: [how: string, code: string, events: string[]][] = [
    ['reports an error', 'UNAVAILABLE', [connection.overloaded]],
    ['is not JSON', 'UNAVAILABLE', [connection.malformed]],
    ['reports its rate limit', 'RATE_LIMITED', [connection.limited]],
    ['has no end', 'TRUNCATED', []],
    ['is refused', 'REFUSED', ending(words.REFUSED[0]!, NOTHING)],
  ];
  const cases = [FORM, SUSPECT].flatMap((request) =>
    FAILURES.map(([how, code, events]) => ({ how, code, events, request, kind: request.model })),
  );

  it.each(cases)('because it $how is counted, and not shown: $kind', async ({ code, events, request }) => {
    const { text, error, meter } = await outcomeOf(request, connection.text(TEXT), ...events);
    expect(error).toMatchObject({ code });
    if (request === SUSPECT) expect(text).toBe('');
    expect(meter.read()?.usage.outputTokens).toBeGreaterThanOrEqual(8);
  });

  it('is ended when it ignores its limit', async () => {
    const { meter, error } = await outcomeOf(
      { ...SUSPECT, maxOutputTokens: 10 },
      ...Array.from({ length: 40 }, () => connection.text(TEXT)),
    );
    expect(error).toBeUndefined();
    expect(meter.isOverrun).toBe(true);
  });

  async function outcomeOf(request: ModelRequest, ...events: string[]) {
    provider.answer = (response) => sendEvents(response, ...connection.opening(NOTHING), ...events).end();
    const meter = new UsageMeter(request);
    meter.start();
    let text = '';
    try {
      const parts: AsyncIterable<ModelStreamPart> = dialect
        .create({ url: provider.url })
        .stream(request, new AbortController().signal);
      for await (const part of parts) {
        meter.observe(part);
        if (part.type === 'text') text += part.text;
        if (meter.isOverrun) break;
      }
    } catch (error) {
      meter.fail(error);
      return { text, error, meter };
    }
    return { text, error: undefined, meter };
  }
});
