import { describe, expect, it } from 'vitest';
import { rowId } from '../../support/ids.ts';
import { createKey } from '../../support/api-keys.ts';
import { testApp } from '../../support/app.ts';
import { auditLog } from '../../support/audit.ts';
import { OPERATOR_TENANT_ID } from '../../../src/access/permissions.ts';

const app = testApp({ config: { role: 'api' } });

describe('auditLog', () => {
  it('shows an ADMIN who did what, from where, in which request and with which credential', async () => {
    const admin = await app.register();
    const headers = { 'x-request-id': 'the-request' };
    const key = await app.mutate<{ apiKey: { id: string } }>(
      'createApiKey',
      { name: 'Secret name', permissions: ['AGENT_EXECUTE'] },
      '... on CreateApiKeySuccess { apiKey { id } }',
      { token: admin.token, headers },
    );
    const [entry] = await auditLog(app, admin);
    expect(entry).toEqual({
      id: expect.any(String),
      at: expect.stringMatching(/Z$/),
      actor: { id: admin.session.user.id },
      action: 'api-key.created',
      target: key.apiKey.id,
      ip: '127.0.0.1',
      requestId: 'the-request',
      detail: { permissions: ['AGENT_EXECUTE'], credential: expect.any(String) },
    });
    const ids = [entry!.target, entry!.detail!['credential']];
    const { data } = await app.graphql(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }',
      { ids },
      admin,
    );
    expect(data).toEqual({ nodes: [{ __typename: 'ApiKey' }, { __typename: 'Session' }] });
  });

  it('lists the newest act first, in pages, and only those of a name if one is given', async () => {
    const admin = await app.register();
    for (const costLimit of ['1', '2.5', null])
      await app.mutate('setTenantCostLimit', { costLimit }, '', admin);
    const changes = await auditLog(app, admin, 'first: 10, action: "tenant.cost-limit-changed"');
    expect(changes.map(({ detail }) => detail)).toMatchObject([
      { from: '2.5', to: null },
      { from: '1', to: '2.5' },
      { from: null, to: '1' },
    ]);
    expect(changes.every(({ target }) => target === admin.session.user.tenant.id)).toBe(true);
    const page = '{ auditLog(first: 2) { totalCount pageInfo { hasNextPage endCursor } } }';
    const { data } = await app.graphql<{ auditLog: { pageInfo: { endCursor: string } } }>(page, {}, admin);
    expect(data!.auditLog).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    const next = await auditLog(app, admin, `first: 2, after: "${data!.auditLog.pageInfo.endCursor}"`);
    expect(next.map(({ action }) => action)).toEqual(['tenant.cost-limit-changed', 'account.registered']);
    expect(await auditLog(app, admin, 'first: 5, action: "unknown"')).toEqual([]);
  });

  it('is refused to other members and to an API key without the permission', async () => {
    const admin = await app.register();
    const statusFor = async ({ token }: { token: string }) =>
      (await app.graphql('{ auditLog { nodes { id } } }', {}, { token })).status;
    expect(await statusFor(await app.member(admin, 'USER'))).toBe(403);
    expect(await statusFor(await app.member(admin, 'GUEST'))).toBe(403);
    expect(await statusFor(await createKey(app, admin, { permissions: ['USER_MANAGE'] }))).toBe(403);
    const key = await createKey(app, admin, { permissions: ['AUDIT_READ'] });
    expect(await statusFor(key)).toBe(200);
    const { status } = await app.graphql('{ auditLog { nodes { id } } }');
    expect(status).toBe(401);
  });

  it('never shows an act of another tenant, by list, by id or by cursor', async () => {
    const [ann, bob] = [await app.register(), await app.register()];
    const [entry] = await auditLog(app, ann);
    expect((await auditLog(app, bob)).map(({ actor }) => actor!.id)).toEqual([bob.session.user.id]);
    const { data } = await app.graphql('query ($id: ID!) { node(id: $id) { id } }', { id: entry!.id }, bob);
    expect(data).toEqual({ node: null });
  });

  it('shows the operator the failed sign-ins to accounts that do not exist, without the address that was tried', async () => {
    const operator = await app.register();
    await app.services.database.prisma.tenant.create({
      data: { id: OPERATOR_TENANT_ID, externalId: OPERATOR_TENANT_ID, name: 'Operator' },
    });
    await app.services.database.prisma.user.update({
      where: { id: rowId(operator.session.user.id) },
      data: { tenantId: OPERATOR_TENANT_ID },
    });
    const { email, password } = operator;
    const { accessToken: token } = await app.signIn('login', { email, password });
    await app.mutate('login', { email: 'nobody@example.com', password: 'correct horse battery' });
    const [entry] = await auditLog(app, { token });
    expect(entry).toMatchObject({ action: 'session.refused', actor: null, target: null, detail: null });
    expect(JSON.stringify(entry)).not.toContain('nobody');
  });
});
