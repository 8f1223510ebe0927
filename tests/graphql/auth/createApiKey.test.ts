import { describe, expect, it } from 'vitest';
import type { Tx } from '../../../src/infra/database.ts';
import { revokeKey } from '../../../src/modules/auth/api-keys/revocation.ts';
import { endSessions } from '../../../src/modules/auth/sessions/sessions.ts';
import { CREATED, type Created, createKey, type Key } from '../../support/api-keys.ts';
import { type Account, testApp } from '../../support/app.ts';
import { barrier, lockWaited } from '../../support/concurrency.ts';
import { rowId } from '../../support/ids.ts';
import { placesOf } from '../../support/canaries.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const create = (account: Pick<Account, 'token'>, input: object) =>
  app.mutate<Created>('createApiKey', { name: 'Server', permissions: [], ...input }, CREATED, account);

describe('createApiKey', () => {
  it('shows the key once, and stores its hash and its first characters only', async () => {
    const ann = await app.register();
    const expiresAt = '2100-01-01T00:00:00.000Z';
    const permissions = ['PIPELINE_EXECUTE', 'AGENT_EXECUTE', 'PIPELINE_EXECUTE'];
    const key = await createKey(app, ann, { name: ' CI ', permissions, expiresAt, costLimit: '2.50' });
    expect(key).toEqual({
      id: key.id,
      token: expect.stringMatching(/^af_[\w-]{43}$/),
      name: 'CI',
      prefix: key.token.slice(0, 11),
      permissions: ['PIPELINE_EXECUTE', 'AGENT_EXECUTE'],
      costLimit: '2.5',
      createdAt: expect.any(String),
      lastUsedAt: null,
      expiresAt,
      revokedAt: null,
      owner: { id: ann.session.user.id },
    });
    await app.graphql('{ viewer { id } }', {}, key);
    expect(await placesOf(app, [key.token])).toEqual([]);
    expect(await placesOf(app, [key.prefix])).not.toEqual([]);
  });

  it('names the permissions that the owner does not have', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const refused = await create(user, { permissions: ['AGENT_EXECUTE', 'USER_MANAGE', 'PLAN_MANAGE'] });
    expect(refused).toMatchObject({
      __typename: 'ValidationError',
      issues: [
        {
          path: ['permissions'],
          code: 'NOT_ALLOWED',
          message: 'must be among your own permissions, but you do not have USER_MANAGE, PLAN_MANAGE',
        },
      ],
    });
  });

  it.each([
    [{ name: ' ' }, 'name', 'REQUIRED'],
    [{ name: 'x'.repeat(101) }, 'name', 'TOO_LONG'],
    [{ name: 'a\tb' }, 'name', 'INVALID_FORMAT'],
    [{ name: 'a\ud800' }, 'name', 'INVALID_FORMAT'],
    [{ name: 'a\u202Eb' }, 'name', 'INVALID_FORMAT'],
    [{ name: '\u200B' }, 'name', 'REQUIRED'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', 'OUT_OF_RANGE'],
    [{ costLimit: '-1' }, 'costLimit', 'OUT_OF_RANGE'],
  ])('rejects %j', async (input, field, code) => {
    const refused = await create(await app.register(), input);
    expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: [field], code }] });
  });

  it('gives a key that another key creates no more than that one has', async () => {
    const ann = await app.register();
    const limits = { expiresAt: '2100-01-01T00:00:00Z', costLimit: '1' };
    const parent = await createKey(app, ann, { permissions: ['API_KEY_MANAGE'], ...limits });
    expect(await create(parent, { permissions: ['API_KEY_MANAGE'], ...limits })).toMatchObject({
      __typename: 'CreateApiKeySuccess',
    });
    const beyond = await create(parent, {
      permissions: ['AGENT_EXECUTE'],
      expiresAt: '2101-01-01T00:00:00Z',
      costLimit: null,
    });
    expect(beyond.issues?.map(({ path }) => path)).toEqual([['permissions'], ['expiresAt'], ['costLimit']]);
  });

  it.each([
    ['key', async (tx: Tx, { id }: Key, userId: string) => revokeKey(tx, { id: rowId(id), userId })],
    ['session', async (tx: Tx, _key: Key, userId: string) => endSessions(tx, userId)],
  ])('creates none with a %s that is revoked meanwhile', async (kind, revoke) => {
    const ann = await app.register();
    const key = await createKey(app, ann, { permissions: ['API_KEY_MANAGE'] });
    const userId = rowId(ann.session.user.id);
    const { wait, reached, open } = barrier();
    const revocation = app.services.database.transact(async (tx) => {
      await tx.sql('SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
      await revoke(tx, key, userId);
      await wait();
    });
    await reached;
    const created = expect(create(kind === 'key' ? key : ann, {})).rejects.toThrow('UNAUTHENTICATED');
    await lockWaited(app).finally(open);
    await revocation;
    await created;
  });

  it('allows at most 50 valid keys, also at once', async () => {
    const ann = await app.register();
    const [userId, tenantId] = [rowId(ann.session.user.id), rowId(ann.session.user.tenant.id)];
    await app.services.database.prisma.apiKey.createMany({
      data: Array.from({ length: 48 }, (_, n) => ({
        userId,
        tenantId,
        name: String(n),
        prefix: 'af_',
        keyHash: `${userId}${n}`,
      })),
    });
    const made = await Promise.all(Array.from({ length: 6 }, () => create(ann, {})));
    const refused = made.filter(({ __typename }) => __typename === 'ConflictError');
    expect(made.filter(({ __typename }) => __typename === 'CreateApiKeySuccess')).toHaveLength(2);
    expect(refused.map(({ reason }) => reason)).toEqual(Array<string>(4).fill('WRONG_STATE'));
  });

  itRefuses(app, 'createApiKey', { input: async () => ({ name: 'Server', permissions: [] }) });
});
