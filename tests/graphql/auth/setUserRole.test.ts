import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const SET =
  '... on SetUserRoleSuccess { user { id role permissions } } ... on ConflictError { reason current { id } }';
const setRole = (admin: Account, userId: string, role: string) =>
  app.mutate<{ __typename: string; user?: object; reason?: string }>(
    'setUserRole',
    { userId, role },
    SET,
    admin,
  );

describe('setUserRole', () => {
  it('changes what the member may do, from the next request on', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const { id } = user.session.user;
    expect(await setRole(admin, id, 'GUEST')).toEqual({
      __typename: 'SetUserRoleSuccess',
      user: { id, role: 'GUEST', permissions: [] },
    });
    const refused = await app.graphql('mutation { createConversation(input: {}) { __typename } }', {}, user);
    expect(refused.status).toBe(403);
    await setRole(admin, id, 'ADMIN');
    expect((await app.graphql('{ users { totalCount } }', {}, user)).data).toEqual({
      users: { totalCount: 2 },
    });
  });

  it('leaves the tenant an ADMIN', async () => {
    const admin = await app.register();
    await app.member(admin, 'USER');
    const { id } = admin.session.user;
    expect(await setRole(admin, id, 'USER')).toMatchObject({
      __typename: 'ConflictError',
      reason: 'WRONG_STATE',
      current: { id },
    });
  });

  it('leaves the tenant an ADMIN when all twenty step down at once', async () => {
    const first = await app.register();
    const admins = [first];
    for (let n = 1; n < 20; n++) admins.push(await app.member(first, 'ADMIN'));
    const answers = await Promise.all(admins.map((admin) => setRole(admin, admin.session.user.id, 'USER')));
    const refused = answers.filter(({ __typename }) => __typename === 'ConflictError');
    expect(refused).toHaveLength(1);
    const { prisma } = app.services.database;
    const tenantId = rowId(first.session.user.tenant.id);
    expect(await prisma.user.count({ where: { tenantId, role: 'ADMIN' } })).toBe(1);
  }, 60_000);

  it('leaves the role of another issuer’s user to the issuer', async () => {
    const admin = await app.register();
    const { id } = (await app.member(admin, 'USER')).session.user;
    await app.services.database.prisma.user.update({ where: { id: rowId(id) }, data: { subject: 'ann' } });
    expect(await setRole(admin, id, 'ADMIN')).toMatchObject({ __typename: 'ConflictError' });
  });

  it('finds no user of another tenant, none that was removed, and none that does not exist', async () => {
    const admin = await app.register();
    const removed = await app.member(admin, 'USER');
    await app.mutate('removeUser', { userId: removed.session.user.id }, '', admin);
    const stranger = await app.register();
    const ids = [stranger.session.user.id, removed.session.user.id, encodeId('User', randomUUID()), 'x'];
    for (const id of ids) {
      expect(await setRole(admin, id, 'GUEST')).toMatchObject({ __typename: 'NotFoundError' });
    }
  });

  itRefuses(app, 'setUserRole', {
    input: async (owner) => ({ userId: owner.session.user.id, role: 'USER' }),
  });
});
