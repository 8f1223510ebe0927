import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { rowId } from '../../support/ids.ts';

const app = testApp({ config: { role: 'api' } });

const list = async (admin: Pick<Account, 'token'>, args = 'first: 10') => {
  const { data, errors } = await app.graphql<{
    users: { totalCount: number; nodes: { id: string; email: string }[]; pageInfo: { endCursor: string } };
  }>(`{ users(${args}) { totalCount nodes { id email } pageInfo { endCursor } } }`, {}, admin);
  if (!data?.users) throw new Error(JSON.stringify(errors));
  return data.users;
};
const idOf = ({ session }: Account) => session.user.id;

describe('users', () => {
  it('pages the members of the tenant, oldest account first, without removed ones', async () => {
    const admin = await app.register();
    const [user, removed, guest] = [
      await app.member(admin, 'USER'),
      await app.member(admin, 'USER'),
      await app.member(admin, 'GUEST'),
    ];
    await app.mutate('removeUser', { userId: idOf(removed) }, '', admin);
    const { totalCount, nodes } = await list(admin);
    expect([totalCount, nodes.map(({ id }) => id)]).toEqual([3, [admin, user, guest].map(idOf)]);
    expect(nodes.map(({ email }) => email)).toEqual([admin.email, user.email, guest.email]);
    const { pageInfo } = await list(admin, 'first: 2');
    expect((await list(admin, `first: 2, after: "${pageInfo.endCursor}"`)).nodes).toMatchObject([
      { id: idOf(guest) },
    ]);
  });

  it('finds a text in names and addresses, literally, in any case and in either Unicode form', async () => {
    const admin = await app.register();
    const zoe = await app.member(admin, 'USER');
    const { prisma } = app.services.database;
    const where = { id: rowId(idOf(zoe)) };
    await prisma.user.update({ where, data: { displayName: 'Zoë 100%' } });
    const found = async (search: string) =>
      (await list(admin, `search: ${JSON.stringify(search)}`)).nodes.map(({ id }) => id);
    for (const search of ['zoë', 'Zoe\u0308', '0%', zoe.email.toUpperCase()]) {
      expect(await found(search), search).toEqual([idOf(zoe)]);
    }
    for (const search of ['%x', '_x', '\\', '\0']) expect(await found(search), search).toEqual([]);
    expect(await found('')).toHaveLength(2);
  });

  it('is for those who manage users', async () => {
    const admin = await app.register();
    const statusFor = async (reader?: Pick<Account, 'token'>) =>
      (await app.graphql('{ users { totalCount } }', {}, reader)).status;
    expect(await statusFor()).toBe(401);
    expect(await statusFor(await app.member(admin, 'USER'))).toBe(403);
    expect(await statusFor(await createKey(app, admin))).toBe(403);
    expect(await statusFor(await createKey(app, admin, { permissions: ['USER_MANAGE'] }))).toBe(200);
  });
});

describe('the e-mail address of a user', () => {
  it('is shown to the user and to those who manage the users of the tenant', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const query = 'query ($id: ID!) { node(id: $id) { ... on User { email } } }';
    const shownTo = async (reader: Pick<Account, 'token'>) =>
      (await app.graphql<{ node: { email: string | null } }>(query, { id: idOf(user) }, reader)).data!.node
        .email;
    expect(await shownTo(user)).toBe(user.email);
    expect(await shownTo(admin)).toBe(user.email);
    expect(await shownTo(await app.member(admin, 'GUEST'))).toBeNull();
    expect(await shownTo(await createKey(app, admin))).toBeNull();
  });
});
