import { describe, expect, it } from 'vitest';
import {
  ModelError,
  type ModelStreamPart,
  type ModelRequest,
} from '../../../../src/core/llm/language-model.ts';
import { worstCaseInputTokens } from '../../../../src/core/llm/tokens.ts';
import { UsageMeter } from '../../../../src/modules/usage/usage-meter.ts';

const request: ModelRequest = {
  model: 'scripted',
  system: 'You are brief.',
  messages: [{ role: 'user', content: 'Count.' }],
  maxOutputTokens: 100,
  task: { name: 'test', metadata: {} },
};

describe('a complete stream', () => {
  it('uses the last counts of its provider, including cached tokens', () => {
    const meter = meterOf(
      usage({ inputTokens: 100, outputTokens: 1 }),
      text('hello'),
      usage({ inputTokens: 100, outputTokens: 2, cachedInputTokens: 64 }),
      end,
    );
    expect(meter.read()).toMatchObject({
      usage: { inputTokens: 100, outputTokens: 2, cachedInputTokens: 64 },
      estimated: false,
    });
  });

  it('is estimated when its provider reports no usage', () => {
    const reading = meterOf(text('One two three four.'), end).read();
    expect(reading).toMatchObject({ estimated: true, usage: { outputTokens: 5 } });
    expect(reading?.usage.inputTokens).toBeGreaterThan(0);
  });
});

describe('counts that cannot be', () => {
  const bound = worstCaseInputTokens(request);
  const words = text('One two three four five six seven eight nine ten. '.repeat(8)); // about 88 tokens

  it.each([
    [
      '900 million tokens',
      { inputTokens: 9e8, outputTokens: 9e8 },
      { inputTokens: bound, outputTokens: 100 },
    ],
    [
      'more than 32 bits',
      { inputTokens: 2 ** 40, outputTokens: 2 ** 40 },
      { inputTokens: bound, outputTokens: 100 },
    ],
    [
      'infinity',
      { inputTokens: Infinity, outputTokens: Infinity },
      { inputTokens: bound, outputTokens: 100 },
    ],
  ])('%s: only what was allowed counts, and the rest is named', (_what, told, booked) => {
    const reading = meterOf(usage(told), words, end).read();
    expect(reading).toMatchObject({ usage: booked, estimated: false });
    expect(reading?.full.outputTokens).toBeGreaterThan(100);
    expect(Number.isSafeInteger(reading?.full.inputTokens)).toBe(true);
  });

  it.each([
    ['zero', { inputTokens: 20, outputTokens: 0 }],
    ['a negative number', { inputTokens: 20, outputTokens: -5 }],
    ['NaN', { inputTokens: 20, outputTokens: NaN }],
    ['far less than arrived', { inputTokens: 20, outputTokens: 3 }],
  ])('%s for a real text: the estimate counts', (_what, told) => {
    const reading = meterOf(usage(told), words, end).read();
    expect(reading).toMatchObject({ usage: { inputTokens: 20 }, estimated: true });
    expect(reading?.usage.outputTokens).toBeGreaterThan(80);
    expect(reading?.full).toEqual(reading?.usage);
  });

  it('are estimated when the input is told as zero', () => {
    const reading = meterOf(usage({ inputTokens: 0, outputTokens: 88 }), words, end).read();
    expect(reading).toMatchObject({ usage: { outputTokens: 88 }, estimated: true });
    expect(reading?.usage.inputTokens).toBeGreaterThan(0);
  });

  it('take the larger of start and end', () => {
    const start = usage({ inputTokens: 50, outputTokens: 4 });
    const reading = meterOf(start, text('Yes.'), usage({ inputTokens: 1, outputTokens: 0 }), end).read();
    expect(reading).toMatchObject({ usage: { inputTokens: 50, outputTokens: 4 }, estimated: false });
  });

  it('never has more cached than input tokens', () => {
    const told = { inputTokens: 20, outputTokens: 88, cachedInputTokens: 50, cacheWriteTokens: 50 };
    expect(meterOf(usage(told), words, end).read()?.usage).toEqual({
      inputTokens: 20,
      outputTokens: 88,
      cachedInputTokens: 20,
    });
  });

  it('keep the estimate of what an overrun has sent, and count only what was allowed', () => {
    const reading = meterOf(...Array.from({ length: 200 }, () => text('word '))).read();
    expect(reading).toMatchObject({ usage: { outputTokens: 100 }, estimated: true });
    expect(reading?.full.outputTokens).toBeGreaterThan(150);
  });
});

describe('an interrupted stream', () => {
  it('uses the reported input tokens and the received output', () => {
    const meter = meterOf(usage({ inputTokens: 121, outputTokens: 1 }), text('One two three four five'));
    expect(meter.read()).toMatchObject({ usage: { inputTokens: 121, outputTokens: 5 }, estimated: true });
  });

  it('never uses less than its provider reported', () => {
    const meter = meterOf(text('short'), usage({ inputTokens: 10, outputTokens: 90 }));
    expect(meter.read()).toMatchObject({ usage: { inputTokens: 10, outputTokens: 90 }, estimated: true });
  });

  it('is never estimated above its limit', () => {
    const meter = meterOf(...Array.from({ length: 110 }, () => text('word ')));
    expect(meter.isOverrun).toBe(false);
    expect(meter.read()?.usage.outputTokens).toBe(100);
  });

  it('uses its input even without output, unless the provider rejected the request', () => {
    expect(failing('TIMEOUT').read()).toMatchObject({ estimated: true, usage: { outputTokens: 0 } });
    expect(failing('TRUNCATED').read()).not.toBeNull();
    expect(failing('REFUSED').read()).not.toBeNull();
    for (const code of ['AUTH', 'BAD_REQUEST', 'RATE_LIMITED', 'UNAVAILABLE'] as const) {
      expect(failing(code).read()).toBeNull();
      expect(failing(code, text('something')).read()).toMatchObject({ estimated: true });
    }
  });

  it('counts thinking as output that has arrived', () => {
    const thinking: ModelStreamPart = { type: 'thinking', text: 'One two three four five' };
    expect(failing('UNAVAILABLE', thinking).read()).toMatchObject({
      estimated: true,
      usage: { outputTokens: 5 },
    });
  });

  it('uses nothing when the request was never sent', () => {
    expect(new UsageMeter(request).read()).toBeNull();
  });
});

describe('isOverrun', () => {
  it('compares the provider’s own count', () => {
    expect(meterOf(usage({ inputTokens: 1, outputTokens: 100 })).isOverrun).toBe(false);
    expect(meterOf(usage({ inputTokens: 1, outputTokens: 101 })).isOverrun).toBe(true);
  });

  it('without a provider count, is true only if certain, however the text is split into parts', () => {
    const honest = 'word '.repeat(100);
    const excessive = 'word '.repeat(170);
    for (const size of [1, 3, 50, 1_000]) {
      expect(meterOf(...partsOf(honest, size)).isOverrun).toBe(false);
      expect(meterOf(...partsOf(excessive, size)).isOverrun).toBe(true);
    }
  });
});

function meterOf(...parts: ModelStreamPart[]): UsageMeter {
  const meter = new UsageMeter(request);
  meter.start();
  for (const part of parts) meter.observe(part);
  return meter;
}

function failing(code: ConstructorParameters<typeof ModelError>[0], ...parts: ModelStreamPart[]): UsageMeter {
  const meter = meterOf(...parts);
  meter.fail(new ModelError(code, 'failed'));
  return meter;
}

function partsOf(whole: string, size: number): ModelStreamPart[] {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
    text(whole.slice(i * size, (i + 1) * size)),
  );
}

function text(content: string): ModelStreamPart {
  return { type: 'text', text: content };
}

function usage(told: {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
}): ModelStreamPart {
  return { type: 'usage', usage: told };
}

const end: ModelStreamPart = { type: 'end', reason: 'stop' };
