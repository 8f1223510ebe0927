import { describe, expect, it } from 'vitest';
import type { Member } from '../support/metering.ts';
import { metering, says, textOf } from '../support/metering.ts';

const metered = metering();

describe('a limit that leaves less than the whole answer', () => {
  it('lowers maxOutputTokens of a text to what is left, and not a token more', async () => {
    const ann = metered.newcomer({ executionLimitMicros: 1_000n });
    const call = await ann.open(says('', 1, 1)); // 168 for the prompt
    expect(call.maxOutputTokens).toBe(416);
    expect((await ann.today()).reservedMicros).toBe(1_000n);
  });

  it('refuses a text of less than 256 tokens, and half an object', async () => {
    const ann = metered.newcomer({ executionLimitMicros: 168n + 2n * 256n });
    const floor = await ann.open(says('a', 1, 1));
    expect(floor.maxOutputTokens).toBe(256);
    await textOf(floor.parts);
    await ann.settle(floor);
    await expect(ann.open(says('', 1, 1))).rejects.toMatchObject({ scope: 'EXECUTION' });
    const object = { output: { name: 'answer', schema: null } };
    const other = metered.newcomer({ executionLimitMicros: 1_000n });
    await expect(other.open(says('', 1, 1), object)).rejects.toMatchObject({ scope: 'EXECUTION' });
  });

  it('lets a short text have its own limit as the floor', async () => {
    const ann = metered.newcomer({ executionLimitMicros: 200n });
    expect((await ann.open(says('', 1, 1), { maxOutputTokens: 16 })).maxOutputTokens).toBe(16);
  });
});

describe('the limit of an API key', () => {
  it('counts what the key starts, and refuses with the scope API_KEY', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    const key = await createKey(ann, 'key-1', 2_200n);
    await spendWith(ann, key);
    await expect(ann.open(says('', 1, 1), withKey(ann, key))).rejects.toMatchObject({
      code: 'BUDGET_EXCEEDED',
      scope: 'API_KEY',
      costLimitMicros: 2_200n,
      spentMicros: 1_600n,
      resetsAt: new Date('2026-11-22T00:00:00Z'),
    });
    await ann.open(says('', 1, 1)); // without the key
    ann.now = new Date('2026-11-22T00:00:00Z');
    await ann.open(says('', 1, 1), withKey(ann, key));
  });

  it('counts what keys that it has created start, which have limits of their own', async () => {
    const ann = metered.newcomer({ plan: 'UNLIMITED' });
    const parent = await createKey(ann, 'parent', 2_200n);
    const child = await createKey(ann, 'child', 2_200n, parent);
    await spendWith(ann, await createKey(ann, 'grandchild', null, child));
    await expect(ann.open(says('', 1, 1), withKey(ann, parent))).rejects.toMatchObject({ scope: 'API_KEY' });
  });
});

describe('the limit of the server', () => {
  it('is shared by all tenants, and its numbers are shown to nobody', async () => {
    const [ann, bob] = [
      metered.newcomer({ serverMicros: 2_200n }),
      metered.newcomer({ serverMicros: 2_200n }),
    ];
    await spendWith(ann, null);
    const refused = bob.open(says('', 1, 1));
    await expect(refused).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
    await expect(refused).rejects.toThrow(
      'A call that may cost up to $0.00068 would exceed what this server may spend in a UTC day. Wait until 2026-11-22T00:00:00.000Z, or ask the operator to raise MAX_COST_PER_DAY.',
    );
    await expect(refused).rejects.not.toHaveProperty('spentMicros');
  });
});

async function spendWith(member: Member, apiKeyId: string | null): Promise<void> {
  const call = await member.open(says('a', 168, 716), withKey(member, apiKeyId));
  await textOf(call.parts);
  await member.settle(call);
}

function withKey(member: Member, apiKeyId: string | null) {
  return { payer: { ...member.payer, apiKeyId } };
}

async function createKey(
  member: Member,
  id: string,
  costLimitMicros: bigint | null,
  createdByKeyId: string | null = null,
): Promise<string> {
  await member.store();
  const { tenantId, userId } = member.payer;
  await member.database.prisma.apiKey.create({
    data: { id, tenantId, userId, name: id, prefix: id, keyHash: id, costLimitMicros, createdByKeyId },
  });
  return id;
}
