import { describe, expect, it } from 'vitest';
import { permissionsOf } from '../../../../src/access/permissions.ts';
import type { Viewer } from '../../../../src/access/viewer.ts';
import { JwtVerifier } from '../../../../src/core/jwt/jwt-verifier.ts';
import type { Authenticator } from '../../../../src/modules/auth/authenticator.ts';
import { authenticate, createAuthenticators } from '../../../../src/modules/auth/authenticators.ts';
import type { Issuer } from '../../../../src/modules/auth/issuers/identity.ts';
import { Tokens } from '../../../../src/modules/auth/sessions/tokens.ts';

const VIEWER: Viewer = {
  userId: 'user',
  tenantId: 'tenant',
  role: 'USER',
  plan: 'FREE',
  permissions: permissionsOf({ role: 'USER', tenantId: 'tenant' }),
  credential: { kind: 'API_KEY', id: 'key', claims: { userId: 'user', tenantId: 'tenant' }, expiresAt: null },
};

const tokens = new Tokens({ secretKey: 'x'.repeat(32), accessTokenMinutes: 30, clock: () => new Date() });

describe('authenticate', () => {
  it('returns the viewer of the first authenticator that recognizes the credentials', async () => {
    const other = { ...VIEWER, userId: 'other' };
    const list = [accepting(null), accepting(VIEWER), accepting(other)];
    expect(await authenticate(list, { bearerToken: 'key', apiKey: null })).toBe(VIEWER);
  });

  it('rejects credentials that no authenticator recognizes', async () => {
    await expect(authenticate([accepting(null)], { bearerToken: 'x', apiKey: null })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('stops at an authenticator that rejects its own credential', async () => {
    const refusing = { ...accepting(null), authenticate: () => Promise.reject(new Error('revoked')) };
    await expect(
      authenticate([refusing, accepting(VIEWER)], { bearerToken: 'key', apiKey: null }),
    ).rejects.toThrow('revoked');
  });
});

describe('the authenticator of sessions', () => {
  it('reads the viewer from the row of the open session', async () => {
    const [sessions] = createAuthenticators(services([OPEN]));
    const access = await tokens.issueAccessToken({
      userId: 'user',
      tenantId: 'tenant',
      sessionId: 'session',
    });
    expect(await sessions!.authenticate({ bearerToken: access.token, apiKey: null })).toEqual({
      ...VIEWER,
      credential: {
        kind: 'SESSION',
        id: 'session',
        claims: { userId: 'user', tenantId: 'tenant' },
        expiresAt: access.expiresAt,
      },
    });
  });

  it('does not recognize an invalid access token', async () => {
    const [sessions] = createAuthenticators(services([OPEN]));
    expect(await sessions!.authenticate({ bearerToken: 'x', apiKey: null })).toBeNull();
    expect(await sessions!.authenticate({ bearerToken: null, apiKey: null })).toBeNull();
  });

  it('rejects the access token of an ended session', async () => {
    const list = createAuthenticators(services([]));
    const { token } = await tokens.issueAccessToken({
      userId: 'user',
      tenantId: 'tenant',
      sessionId: 'session',
    });
    await expect(authenticate(list, { bearerToken: token, apiKey: null })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The session of this access token has ended. Sign in again.',
    });
  });
});

const OPEN = { role: 'USER', plan: 'FREE' };

function accepting(viewer: Viewer | null): Authenticator {
  return { kind: 'API_KEY', authenticate: async () => viewer, currentRoles: async () => new Map() };
}

function services(rows: object[]) {
  const verifier = new JwtVerifier<Issuer>({ issuers: [], clock: () => new Date(), onError: () => {} });
  const database = {
    sql: async <Row>() => rows as Row[],
    transact: () => Promise.reject(new Error('no write')),
  };
  return { tokens, database, verifier, defaultPlan: 'FREE' as const, logger: { warn: () => {} } };
}
