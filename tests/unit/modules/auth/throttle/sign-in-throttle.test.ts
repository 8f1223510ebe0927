import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RateLimitedError } from '../../../../../src/errors.ts';
import { SignInThrottle } from '../../../../../src/modules/auth/throttle/sign-in-throttle.ts';
import { GUESSES } from '../../../../../src/modules/auth/throttle/throttle-rules.ts';

describe('SignInThrottle', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const start = () => new SignInThrottle({ redis: null });

  /** The seconds to wait, or whether the guess was right. */
  async function guess(throttle: SignInThrottle, account: string, address: string, isRight = false) {
    try {
      return await throttle.guess({ account, address }, async () => (isRight ? 'right' : null));
    } catch (error) {
      if (error instanceof RateLimitedError) return error.retryAfterSeconds;
      throw error;
    }
  }

  it('locks an account after 5 failures, even for the right password, and longer after each further one', async () => {
    const throttle = start();
    for (let index = 0; index < GUESSES.account.free; index++)
      expect(await guess(throttle, 'ann', '203.0.113.1')).toBeNull();
    for (const seconds of [60, 120, 240, 480, 900, 900]) {
      expect(await guess(throttle, 'ann', '203.0.113.1', true)).toBe(seconds);
      vi.advanceTimersByTime(seconds * 1000);
      expect(await guess(throttle, 'ann', '203.0.113.1')).toBeNull();
    }
    vi.advanceTimersByTime(900_000);
    expect(await guess(throttle, 'ann', '203.0.113.1', true)).toBe('right');
    expect(await guess(throttle, 'ann', '203.0.113.1')).toBeNull();
    expect(await guess(throttle, 'ann', '203.0.113.1', true)).toBe('right');
  });

  it('counts the failures of an account from all addresses', async () => {
    const throttle = start();
    const answers = [];
    for (let index = 0; index < 20; index++) answers.push(await guess(throttle, 'ann', `203.0.113.${index}`));
    expect(answers.filter((answer) => answer === null)).toHaveLength(GUESSES.account.free);
    expect(await guess(throttle, 'bob', '203.0.113.1', true)).toBe('right');
  });

  it('lets few of many guesses at the same moment through', async () => {
    const throttle = start();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => guess(throttle, 'ann', `203.0.113.${index}`)),
    );
    expect(answers.filter((answer) => answer === null).length).toBeLessThan(GUESSES.account.free + 4);
  });

  it('holds one address back that tries 100 accounts, and an IPv6 network of 64 bits like one address', async () => {
    const throttle = start();
    for (const address of [() => '203.0.113.1', (index: number) => `2001:db8:1:2::${index.toString(16)}`]) {
      const answers = [];
      for (let index = 0; index < 100; index++)
        answers.push(await guess(throttle, `${address(0)} user ${index}`, address(index)));
      expect(answers.filter((answer) => answer === null)).toHaveLength(GUESSES.address.max);
    }
    expect(await guess(throttle, 'ann', '203.0.113.1', true)).toBe(GUESSES.address.seconds);
    expect(await guess(throttle, 'ann', '203.0.113.2', true)).toBe('right');
    vi.advanceTimersByTime(GUESSES.address.seconds * 1000);
    expect(await guess(throttle, 'ann', '203.0.113.1', true)).toBe('right');
  });

  it('does not hold back an office of 50 people behind one address, each of whom mistypes once', async () => {
    const throttle = start();
    for (let index = 0; index < 50; index++) {
      expect(await guess(throttle, `user ${index}`, '203.0.113.1')).toBeNull();
      expect(await guess(throttle, `user ${index}`, '203.0.113.1', true)).toBe('right');
    }
  });

  it('opens an account whose owner has reset the password', async () => {
    const throttle = start();
    for (let index = 0; index < 6; index++) await guess(throttle, 'ann', '203.0.113.1');
    expect(await guess(throttle, 'ann', '203.0.113.2', true)).toBe(60);
    await throttle.unlock('ann');
    expect(await guess(throttle, 'ann', '203.0.113.2', true)).toBe('right');
  });

  it('limits requests per account and per address', async () => {
    const throttle = start();
    const take = (account: string, address: string) => throttle.take('RESET_LINK', { account, address });
    for (let index = 0; index < 5; index++) await take('ann', `203.0.113.${index}`);
    await expect(take('ann', '203.0.113.99')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (let index = 0; index < 49; index++) await take(`user ${index}`, '203.0.113.50');
    await take('user 49', '203.0.113.50');
    await expect(take('user 50', '203.0.113.50')).rejects.toMatchObject({ retryAfterSeconds: 3_600 });
  });
});
