import { describe, expect, it } from 'vitest';
import type { Payer } from '../../src/modules/usage/budget.ts';
import {
  costsByStep,
  totalsByConversation,
  totalsByRun,
  totalsOfDay,
} from '../../src/modules/usage/ledger.ts';
import { babbles, type Member, metering, PRICES, says } from '../support/metering.ts';

const metered = metering();

describe('the totals of the ledger', () => {
  it('are exact for 1,000 random calls with cancellations, rollbacks and interrupted streams, by call, run and day', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    const random = seededRandom(1_000);
    const expected = new Map<string, bigint>();
    await Promise.all(
      Array.from({ length: 1_000 }, () => randomCall(random)).map(async ({ payerOf, ...call }) => {
        const payer = payerOf(ann);
        const key = `${payer.executionId ?? payer.conversationId}/${payer.stepKey ?? payer.messageId}`;
        const cost = await makeCall(ann, payer, call);
        expected.set(key, (expected.get(key) ?? 0n) + cost);
      }),
    );

    const { sql } = metered.database;
    const runs = await totalsByRun(
      sql,
      OWNERS.map((n) => `run-${n}`),
    );
    const talks = await totalsByConversation(
      sql,
      OWNERS.map((n) => `talk-${n}`),
    );
    const actual = new Map<string, bigint>();
    for (const [id, { steps }] of runs)
      for (const [key, step] of steps) actual.set(`${id}/${key}`, step.costMicros);
    for (const [id, { messages }] of talks)
      for (const [key, cost] of messages) actual.set(`${id}/${key}`, cost);
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
    expect(await costsByStep(sql, 'run-0')).toEqual(
      new Map([...runs.get('run-0')!.steps].map(([key, { costMicros }]) => [key, costMicros])),
    );

    const total = sum(expected.values());
    expect(sum([...runs.values(), ...talks.values()].map(({ costMicros }) => costMicros))).toBe(total);
    expect(await ann.today()).toMatchObject({ costMicros: total, reservedMicros: 0n });
    const day = await totalsOfDay(sql, ann.payer.userId, '2026-11-21');
    expect(day.costMicros).toBe(total);
    expect(day.usage.inputTokens).toBe(
      [...runs.values(), ...talks.values()].reduce((tokens, { usage }) => tokens + usage.inputTokens, 0),
    );
  });

  it('omit subjects without spending', async () => {
    const { sql } = metered.database;
    expect(await totalsByRun(sql, ['nobody'])).toEqual(new Map());
    expect(await totalsByConversation(sql, ['nobody'])).toEqual(new Map());
    expect(await costsByStep(sql, 'nobody')).toEqual(new Map());
    const usage = { inputTokens: 0, outputTokens: 0 };
    expect(await totalsOfDay(sql, 'nobody', '2026-11-21')).toEqual({ costMicros: 0n, usage });
  });
});

async function makeCall(member: Member, payer: Payer, call: Omit<RandomCall, 'payerOf'>): Promise<bigint> {
  const { model, price, leaves, rollsBack } = call;
  const open = await member.open(model, { payer, price, system: 's'.repeat(9_000) });
  for await (const part of open.parts) if (part.type === 'text' && leaves) break;
  if (rollsBack) {
    const rolledBack = member.database.transact(async (tx) => {
      await open.settle(tx);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
  }
  return (await member.settle(open)).costMicros;
}

/** All random numbers are drawn first, so that a seed gives the same calls in any order of completion. */
function randomCall(random: () => number) {
  const draw = (below: number) => Math.floor(random() * below);
  const owner = draw(OWNERS.length);
  const part = `part-${draw(5)}`;
  const ofRun = random() < 0.6;
  return {
    payerOf: ({ viewer: { tenantId, userId, plan } }: Member): Payer => {
      const who = { tenantId, userId, plan, apiKeyId: null };
      if (ofRun) return { ...who, executionId: `run-${owner}`, stepKey: part, executionLimitMicros: null };
      return { ...who, conversationId: `talk-${owner}`, messageId: part };
    },
    model: random() < 0.8 ? says('some text', 1 + draw(9_000), draw(1_000)) : babbles('some text', 9),
    price: PRICES[draw(PRICES.length)]!,
    leaves: random() < 0.3,
    rollsBack: random() < 0.2,
  };
}

function sum(amounts: Iterable<bigint>): bigint {
  return [...amounts].reduce((total, amount) => total + amount, 0n);
}

function seededRandom(seed: number): () => number {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const OWNERS = Array.from({ length: 20 }, (_, n) => n);
type RandomCall = ReturnType<typeof randomCall>;
