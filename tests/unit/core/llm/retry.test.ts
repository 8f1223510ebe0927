import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../src/core/llm/language-model.ts';
import { retryDelayMs } from '../../../../src/core/llm/retry.ts';

const never = () => 0;
const always = () => 1;
const unavailable = new ModelError('UNAVAILABLE', 'down');

describe('retryDelayMs', () => {
  it('doubles from half a second up to sixteen, at least half of it and at most all', () => {
    const attempts = [1, 2, 3, 4, 5, 6, 7, 50];
    const most = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000];
    expect(attempts.map((attempt) => retryDelayMs(unavailable, attempt, always))).toEqual(most);
    expect(attempts.map((attempt) => retryDelayMs(unavailable, attempt, never))).toEqual(
      most.map((ms) => ms / 2),
    );
  });

  it('waits at least as long as the provider asked for', () => {
    const limited = new ModelError('RATE_LIMITED', 'slow down', { retryAfterMs: 20_000 });
    expect(retryDelayMs(limited, 1, never)).toBe(20_000);
    expect(retryDelayMs(limited, 1, always)).toBe(20_250);
  });

  it('spreads callers even when the provider asks for no wait', () => {
    const limited = new ModelError('RATE_LIMITED', 'go on', { retryAfterMs: 0 });
    expect(retryDelayMs(limited, 3, never)).toBe(0);
    expect(retryDelayMs(limited, 3, always)).toBe(1_000);
  });

  it('knows a delay for any other error', () => {
    expect(retryDelayMs(new Error('other'), 1, always)).toBe(500);
  });
});
