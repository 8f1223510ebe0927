import { describe, expect, it } from 'vitest';
import { ModelError, type ModelErrorCode } from '../../../../src/core/llm/language-model.ts';
import { AppError } from '../../../../src/errors.ts';
import { EmptyOutputError } from '../../../../src/kernel/execution-error.ts';
import {
  afterFailure,
  handOverAfterOutage,
  isStalled,
  retryModelCall,
} from '../../../../src/kernel/work/retry-policy.ts';

const outage = new AppError('SERVICE_UNAVAILABLE', 'The database is away.');
const never = new AbortController().signal;

function actionsAfter(error: unknown): string[] {
  return [1, 2, 3].map((attempt) => afterFailure(error, attempt).action);
}

describe('afterFailure', () => {
  it.each<ModelErrorCode>(['RATE_LIMITED', 'UNAVAILABLE', 'TRUNCATED', 'TIMEOUT'])(
    'retries %s twice, then fails',
    (code) => {
      expect(actionsAfter(new ModelError(code, 'x'))).toEqual(['RETRY', 'RETRY', 'FAIL']);
    },
  );

  it('retries an empty output twice, then fails', () => {
    expect(actionsAfter(new EmptyOutputError())).toEqual(['RETRY', 'RETRY', 'FAIL']);
  });

  it('leaves the work to the next claim when the database stays unavailable', () => {
    expect(actionsAfter(outage)).toEqual(['RETRY', 'RETRY', 'LEAVE']);
  });

  it.each<unknown>([
    new ModelError('AUTH', 'x'),
    new ModelError('BAD_REQUEST', 'x'),
    new ModelError('REFUSED', 'x'),
    new AppError('FORBIDDEN', 'x'),
    new Error('x'),
  ])('fails immediately for %s', (error) => {
    expect(actionsAfter(error)).toEqual(['FAIL', 'FAIL', 'FAIL']);
  });

  it('waits for the provider’s Retry-After', () => {
    const error = new ModelError('RATE_LIMITED', 'x', { retryAfterMs: 9_000 });
    const decision = afterFailure(error, 1);
    expect(decision.action === 'RETRY' && decision.delayMs).toBeGreaterThanOrEqual(9_000);
  });
});

describe('retryModelCall', () => {
  it('returns the answer of a later attempt', async () => {
    const calls = failing(new ModelError('RATE_LIMITED', 'x', { retryAfterMs: 0 }), 2);
    expect(await retryModelCall(calls.call, never)).toBe('answer 3');
  });

  it('throws the error of the third attempt', async () => {
    const calls = failing(new ModelError('RATE_LIMITED', 'x', { retryAfterMs: 0 }), 9);
    await expect(retryModelCall(calls.call, never)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(calls.count()).toBe(3);
  });

  it.each<unknown>([new ModelError('AUTH', 'x'), outage])(
    'does not repeat the call for %s',
    async (error) => {
      const calls = failing(error, 9);
      await expect(retryModelCall(calls.call, never)).rejects.toBe(error);
      expect(calls.count()).toBe(1);
    },
  );

  it('stops when the signal aborts during a delay', async () => {
    const stop = new AbortController();
    const calls = failing(new ModelError('RATE_LIMITED', 'x', { retryAfterMs: 60_000 }), 9);
    const answer = retryModelCall(calls.call, stop.signal);
    setImmediate(() => stop.abort(new Error('stopped')));
    await expect(answer).rejects.toThrow('stopped');
    expect(calls.count()).toBe(1);
  });
});

describe('isStalled', () => {
  it('is true after six claims without progress', () => {
    expect([0, 5, 6, 7].map((stalledClaims) => isStalled({ stalledClaims }))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

/** A call that fails with `error` for the first `times`. */
function failing(error: unknown, times: number) {
  let calls = 0;
  return {
    call: () => (++calls <= times ? Promise.reject(error) : Promise.resolve(`answer ${calls}`)),
    count: () => calls,
  };
}

describe('handOverAfterOutage', () => {
  it.each([
    ['an outage', outage, 1],
    ['a fault of the work', new Error('broken'), 0],
  ])('throws the error of %s, and hands over only after an outage', async (_what, error, handovers) => {
    let count = 0;
    const work = handOverAfterOutage(
      () => Promise.reject(error),
      async () => void (count += 1),
    );
    await expect(work).rejects.toBe(error);
    expect(count).toBe(handovers);
  });

  it('throws the outage also when the handover fails', async () => {
    const work = handOverAfterOutage(
      () => Promise.reject(outage),
      () => Promise.reject(new Error('still away')),
    );
    await expect(work).rejects.toBe(outage);
  });

  it('gives the result of work that succeeds, without a handover', async () => {
    const handOver = () => Promise.reject(new Error('not expected'));
    expect(await handOverAfterOutage(() => Promise.resolve('done'), handOver)).toBe('done');
  });
});
