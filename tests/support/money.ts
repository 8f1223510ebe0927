import type { Account, TestApp } from './app.ts';

/** In micro-dollars, exactly. */
export function micros(dollars: string): bigint {
  const [whole, fraction = ''] = dollars.split('.');
  return BigInt(`${whole}${fraction.padEnd(6, '0')}`);
}

export function sumOfCosts(parts: { cost: string }[]): bigint {
  return parts.reduce((sum, { cost }) => sum + micros(cost), 0n);
}

/** What the account has spent today, in micro-dollars. */
export async function spentToday(app: TestApp, account: Account): Promise<bigint> {
  const { data } = await app.graphql<{ usageToday: { cost: string } }>(
    '{ usageToday { cost } }',
    {},
    account,
  );
  return micros(data!.usageToday.cost);
}
