import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../src/core/llm/language-model.ts';
import { retryDelayMs } from '../../../../src/core/llm/retry.ts';

const never = () => 0;
const always = () => 1;
const unavailable = new ModelError('UNAVAILABLE', 'down');

describe('retryDelayMs', () => {
  it('doubles from 0.5 s to 16 s, with a random second half', () => {
    const attempts = [1, 2, 3, 4, 5, 6, 7, 50];
    const most = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000];
    expect(attempts.map((attempt) => retryDelayMs(unavailable, attempt, always))).toEqual(most);
    expect(attempts.map((attempt) => retryDelayMs(unavailable, attempt, never))).toEqual(
      most.map((ms) => ms / 2),
    );
  });

  it('waits at least for the provider’s Retry-After', () => {
    const limited = new ModelError('RATE_LIMITED', 'slow down', { retryAfterMs: 20_000 });
    expect(retryDelayMs(limited, 1, never)).toBe(20_000);
    expect(retryDelayMs(limited, 1, always)).toBe(20_250);
  });

  it('adds a random delay even when Retry-After is zero', () => {
    const limited = new ModelError('RATE_LIMITED', 'go on', { retryAfterMs: 0 });
    expect(retryDelayMs(limited, 3, never)).toBe(0);
    expect(retryDelayMs(limited, 3, always)).toBe(1_000);
  });

  it('returns a delay for any other error', () => {
    expect(retryDelayMs(new Error('other'), 1, always)).toBe(500);
  });
});
