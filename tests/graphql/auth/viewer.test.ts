import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';

describe('viewer', () => {
  const app = testApp({ config: { role: 'api' } });

  const VIEWER = '{ viewer { id role plan permissions } }';

  it('returns the authenticated user with the permissions of their role', async () => {
    const admin = await app.register();
    const guest = await app.member(admin, 'GUEST');
    const { data } = await app.graphql(VIEWER, {}, guest);
    expect(data).toEqual({
      viewer: { id: guest.session.user.id, role: 'GUEST', plan: 'FREE', permissions: [] },
    });
  });

  it('applies a change of role immediately', async () => {
    const user = await app.register();
    await app.services.database.prisma.user.updateMany({
      where: { email: user.email },
      data: { role: 'GUEST' },
    });
    const { data } = await app.graphql(VIEWER, {}, user);
    expect(data).toMatchObject({ viewer: { role: 'GUEST' } });
  });

  it.each([
    ['no token', undefined, 'Sign in first: send a valid access token as `Authorization: Bearer <token>`.'],
    [
      'an invalid token',
      'garbage',
      'The access token or API key is invalid. Refresh the session, sign in again, or correct the key or the settings of its issuer.',
    ],
  ])('answers 401 to %s with what to do', async (_what, token, message) => {
    const { status, data, errors } = await app.graphql(VIEWER, {}, { token });
    expect(status).toBe(401);
    expect(data).toEqual({ viewer: null });
    expect(errors).toMatchObject([
      {
        message,
        path: ['viewer'],
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ]);
  });

  it('answers 401 to a token of a session that does not exist', async () => {
    const { session } = await app.register();
    const token = await app.services.tokens.issueAccessToken({
      userId: session.user.id,
      tenantId: session.user.tenant.id,
      sessionId: 'nowhere',
    });
    expect((await app.graphql(VIEWER, {}, token)).status).toBe(401);
  });

  it('answers 403 when X-User-ID or X-Tenant-ID contradict the token, and ignores them without one', async () => {
    const user = await app.register();
    const other = await app.register();
    const { token } = user;
    const ask = (headers: Record<string, string>) => app.graphql(VIEWER, {}, { token, headers });

    expect((await ask({ 'x-tenant-id': user.session.user.tenant.externalId })).status).toBe(200);
    expect(await ask({ 'x-user-id': 'somebody' })).toMatchObject({
      status: 403,
      errors: [{ message: 'User ID mismatch between JWT and header', extensions: { code: 'FORBIDDEN' } }],
    });
    expect(await ask({ 'x-tenant-id': other.session.user.tenant.externalId })).toMatchObject({
      status: 403,
      errors: [{ message: 'Tenant ID mismatch between JWT and header' }],
    });
    const { externalId } = user.session.user.tenant;
    expect((await ask({ 'x-tenant-id': `${externalId}, ${externalId}` })).status).toBe(403);
    expect((await app.graphql(VIEWER, {}, { headers: { 'x-user-id': 'somebody' } })).status).toBe(401);
  });
});
