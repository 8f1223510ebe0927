import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { placesOf } from '../../support/canaries.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import { storedLlmKey } from '../../support/llm-keys.ts';

const app = testApp();
const idsOf = async (account: { token: string }) => {
  const { data } = await app.graphql<{ llmKeys: { id: string }[] }>('{ llmKeys { id } }', {}, account);
  return data?.llmKeys.map(({ id }) => id);
};

describe('llmKeys', () => {
  it('lists own keys and then those of the tenant, to its members only', async () => {
    const admin = await app.register();
    const member = await app.member(admin, 'USER');
    const shared = await storedLlmKey(app, admin, 'TENANT');
    const own = await storedLlmKey(app, member, 'USER');
    expect(await idsOf(member)).toEqual([own, shared]);
    expect(await idsOf(admin)).toEqual([shared]);
    expect(await idsOf(await app.register())).toEqual([]);
  });

  it('exports what is shown of own keys', async () => {
    const ann = await app.register();
    await storedLlmKey(app, ann, 'USER', { secret: 'sk-exported-canary' });
    const headers = { authorization: `Bearer ${ann.token}` };
    const exported = await (await fetch(app.url('/account/export'), { headers })).text();
    const { llmKeys } = JSON.parse(exported) as { llmKeys: object[] };
    expect(llmKeys).toEqual([
      expect.objectContaining({ provider: 'OPENAI', prefix: 'sk-st', status: 'VALID' }),
    ]);
    expect(exported).not.toMatch(/sealed|sk-exported-canary/);
  });

  it('keeps no key of those who have left, and none of a tenant without members', async () => {
    const admin = await app.register();
    const member = await app.member(admin, 'USER');
    const { prisma } = app.services.database;
    const ofMember = { where: { ownerId: rowId(member.session.user.id) } };
    const ofTenant = { where: { tenantId: rowId(admin.session.user.tenant.id) } };
    await storedLlmKey(app, member, 'USER');
    await storedLlmKey(app, admin, 'TENANT');
    await app.mutate('removeUser', { userId: member.session.user.id }, '', admin);
    await eventually(async () => expect(await prisma.llmKey.count(ofMember)).toBe(0));
    expect(await prisma.llmKey.count(ofTenant)).toBe(1);
    await app.mutate('deleteAccount', { password: admin.password }, '', admin);
    await eventually(async () => expect(await prisma.llmKey.count(ofTenant)).toBe(0));
    expect(await placesOf(app, ['sk-stored-by-a-test'])).toEqual([]);
  });
});
