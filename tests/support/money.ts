import type { Account, TestApp } from './app.ts';

/** The exact amount in micro-dollars. */
export function micros(dollars: string): bigint {
  const [whole, fraction = ''] = dollars.split('.');
  return BigInt(`${whole}${fraction.padEnd(6, '0')}`);
}

export function sumOfCosts(parts: { cost: string }[]): bigint {
  return parts.reduce((sum, { cost }) => sum + micros(cost), 0n);
}

/** The account's spending of today, in micro-dollars. */
export async function spentToday(app: TestApp, account: Account): Promise<bigint> {
  const { data } = await app.graphql<{ usageToday: { cost: string } }>(
    '{ usageToday { cost } }',
    {},
    account,
  );
  return micros(data!.usageToday.cost);
}
