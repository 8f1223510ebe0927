import { describe, expect, it } from 'vitest';
import { admit } from '../../../../src/core/spending/admission.ts';

describe('admit', () => {
  it('grants up to the limit and not a micro-dollar more', () => {
    const turns = take([ask('a', 60n, 'user'), ask('b', 40n, 'user'), ask('c', 1n, 'user')], {});
    expect(turns).toEqual({ granted: ['a', 'b'], refused: [], waiting: [['c', 'user']] });
  });

  it('counts spent and held amounts', () => {
    const accounts = { user: { spentMicros: 30n, heldMicros: 30n } };
    expect(take([ask('fits', 40n, 'user')], accounts).granted).toEqual(['fits']);
    expect(take([ask('waits', 41n, 'user')], accounts).waiting).toEqual([['waits', 'user']]);
    expect(take([ask('never', 71n, 'user')], accounts).refused).toEqual([['never', 'user']]);
  });

  it('refuses a request that exceeds one account’s limit even if another account only holds too much', () => {
    const accounts = {
      user: { spentMicros: 0n, heldMicros: 100n },
      tenant: { spentMicros: 100n, heldMicros: 0n },
    };
    expect(take([ask('a', 1n, 'user', 'tenant')], accounts).refused).toEqual([['a', 'tenant']]);
  });

  it('lets no request overtake on a contended account, but on all others', () => {
    const accounts = { user: { spentMicros: 0n, heldMicros: 50n } };
    const turns = take(
      [ask('large', 90n, 'user', 'tenant'), ask('small', 1n, 'user', 'tenant'), ask('other', 1n, 'tenant')],
      accounts,
    );
    expect(turns.waiting).toEqual([
      ['large', 'user'],
      ['small', 'user'],
    ]);
    expect(turns.granted).toEqual(['other']);
  });

  it('does not block other requests with a refused one', () => {
    expect(take([ask('huge', 101n, 'user'), ask('small', 100n, 'user')], {}).granted).toEqual(['small']);
  });

  it('never refuses for an account without a limit, but counts its amounts', () => {
    const request = { id: 'a', limits: [{ accountId: 'free', limitMicros: null }], amountMicros: 10n ** 15n };
    expect(admit([request], new Map()).granted).toEqual([{ request, amountMicros: 10n ** 15n }]);
  });

  it('grants what spending leaves of an amount, but not less than the least, and nothing less for what others hold', () => {
    const spent = { user: { spentMicros: 70n, heldMicros: 0n } };
    const ask30 = { ...ask('a', 50n, 'user'), leastMicros: 30n };
    expect(admit([ask30], new Map(Object.entries(spent))).granted).toEqual([
      { request: ask30, amountMicros: 30n },
    ]);
    expect(take([{ ...ask30, leastMicros: 31n }], spent).refused).toEqual([['a', 'user']]);
    expect(take([ask30], { user: { spentMicros: 0n, heldMicros: 60n } }).waiting).toEqual([['a', 'user']]);
  });

  it('never lets spent plus held exceed a limit, for random requests', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 500; round++) {
      const accounts = {
        user: { spentMicros: BigInt(random(60)), heldMicros: BigInt(random(40)) },
        tenant: { spentMicros: BigInt(random(60)), heldMicros: BigInt(random(40)) },
      };
      const requests = Array.from({ length: random(30) }, (_, i) => ({
        ...ask(String(i), BigInt(10 + random(40)), ...(random(2) ? ['user', 'tenant'] : ['tenant'])),
        leastMicros: BigInt(1 + random(9)),
      }));
      const { granted, refused, waiting } = admit(requests, new Map(Object.entries(accounts)));
      expect(granted.length + refused.length + waiting.length).toBe(requests.length);
      for (const [id, { spentMicros, heldMicros }] of Object.entries(accounts)) {
        const mine = granted.filter(({ request }) =>
          request.limits.some(({ accountId }) => accountId === id),
        );
        const taken = mine.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
        expect(spentMicros + heldMicros + taken).toBeLessThanOrEqual(100n);
      }
    }
  });
});

function take(
  requests: (ReturnType<typeof ask> & { leastMicros?: bigint })[],
  accounts: Record<string, { spentMicros: bigint; heldMicros: bigint }>,
) {
  const { granted, refused, waiting } = admit(requests, new Map(Object.entries(accounts)));
  return {
    granted: granted.map(({ request }) => request.id),
    refused: refused.map(({ request, shortfall }) => [request.id, shortfall.accountId]),
    waiting: waiting.map(({ request, shortfall }) => [request.id, shortfall.accountId]),
  };
}

function ask(id: string, amountMicros: bigint, ...accountIds: string[]) {
  return { id, amountMicros, limits: accountIds.map((accountId) => ({ accountId, limitMicros: 100n })) };
}
