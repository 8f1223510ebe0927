import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ModelStreamPart, ModelRequest } from '../../../../../src/core/llm/language-model.ts';
import { OfflineModel } from '../../../../../src/core/llm/providers/offline.ts';
import { estimateInputTokens, estimateTokens } from '../../../../../src/core/llm/tokens.ts';

const TEXT = 'A plan in three steps: collect, 검증하다 ✅, then report. 😀';
const REQUEST: ModelRequest = {
  model: 'offline-fast',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'A plan, please.' }],
  maxOutputTokens: 1_000,
  task: { name: 'test', metadata: { steps: 3 } },
};

describe('OfflineModel', () => {
  it('streams the script of the request in parts, then the usage and one end', async () => {
    const script = (request: ModelRequest) => `${TEXT} ${String(request.task.metadata['steps'])}`;
    const parts = await play(new OfflineModel({ script, tokensPerSecond: Infinity }));
    expect(textOf(parts)).toBe(`${TEXT} 3`);
    expect(parts.slice(-2)).toEqual([
      {
        type: 'usage',
        usage: { inputTokens: estimateInputTokens(REQUEST), outputTokens: estimateTokens(`${TEXT} 3`) },
      },
      { type: 'end', reason: 'stop' },
    ]);
    const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    expect(texts.every((text) => text.length > 0 && text.length <= 9 && text.isWellFormed())).toBe(true);
  });

  it('streams the same parts for the same request', async () => {
    const model = new OfflineModel({ script: () => TEXT, tokensPerSecond: 0 });
    expect(await play(model)).toEqual(await play(model));
  });

  it.each([
    [5, 'length'],
    [estimateTokens(TEXT) - 1, 'length'],
    [estimateTokens(TEXT), 'stop'],
  ])('stops at %i tokens with the reason %s', async (maxOutputTokens, reason) => {
    const model = new OfflineModel({ script: () => TEXT, tokensPerSecond: 0 });
    const parts = await play(model, { ...REQUEST, maxOutputTokens });
    expect(parts.at(-1)).toEqual({ type: 'end', reason });
    expect(parts.at(-2)).toMatchObject({ usage: { outputTokens: maxOutputTokens } });
    expect(TEXT.startsWith(textOf(parts))).toBe(true);
  });

  it('keeps its rate', async () => {
    const startedAt = performance.now();
    await play(new OfflineModel({ script: () => 'word '.repeat(10).trim(), tokensPerSecond: 100 }));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(90);
  });

  it('stops immediately on an abort with its reason, and removes its listener', async () => {
    const aborter = new AbortController();
    const reading = play(
      new OfflineModel({ script: () => TEXT, tokensPerSecond: 0.01 }),
      REQUEST,
      aborter.signal,
    );
    const startedAt = performance.now();
    setImmediate(() => aborter.abort(new Error('cancelled')));
    await expect(reading).rejects.toThrow('cancelled');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(getEventListeners(aborter.signal, 'abort')).toHaveLength(0);
  });

  it('stops on an abort between parts when it streams without delay', async () => {
    const aborter = new AbortController();
    const seen: string[] = [];
    const model = new OfflineModel({ script: () => TEXT, tokensPerSecond: 0 });
    const reading = (async () => {
      for await (const part of model.stream(REQUEST, aborter.signal)) {
        seen.push(part.type);
        aborter.abort(new Error('cancelled'));
      }
    })();
    await expect(reading).rejects.toThrow('cancelled');
    expect(seen).toEqual(['text']);
  });

  it('streams nothing for an aborted signal', async () => {
    const model = new OfflineModel({ script: () => TEXT });
    await expect(play(model, REQUEST, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});

async function play(
  model: OfflineModel,
  request = REQUEST,
  signal = new AbortController().signal,
): Promise<ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(request, signal)) parts.push(part);
  return parts;
}

function textOf(parts: ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
