import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/access/authorize.ts';
import { permissionsOf } from '../../../src/access/permissions.ts';
import type { Viewer } from '../../../src/access/viewer.ts';
import { AppError, UnauthenticatedError } from '../../../src/errors.ts';
import type { Services } from '../../../src/kernel/context.ts';
import { NO_CREDENTIALS } from '../../../src/transport/credentials.ts';
import { NO_REFRESH_COOKIE } from '../../../src/transport/refresh-cookie.ts';
import { createContext } from '../../../src/transport/request-context.ts';

const VIEWER: Viewer = {
  userId: 'user',
  tenantId: 'tenant',
  role: 'USER',
  plan: 'FREE',
  permissions: permissionsOf({ role: 'USER', tenantId: 'tenant' }),
  credential: {
    kind: 'SESSION',
    id: 'session',
    claims: { userId: 'user', tenantId: 'tenant' },
    expiresAt: null,
  },
};

/** What the rate limiter was asked to count. */
const counted: object[] = [];
const CLIENT = { address: '203.0.113.7', userAgent: null, languages: null };

describe('the context of an operation', () => {
  it('has the viewer of the credentials', async () => {
    const ctx = await contextOf(async () => VIEWER, { tenantId: 'tenant', userId: 'user' });
    expect(ctx.viewer).toBe(VIEWER);
  });

  it('has no viewer without credentials', async () => {
    const ctx = await createContext(
      services(async () => VIEWER),
      {
        requestId: 'id',
        client: CLIENT,
        credentials: NO_CREDENTIALS,
        refreshCookie: NO_REFRESH_COOKIE,
      },
      'NOW',
    );
    expect(ctx).toMatchObject({ viewer: null, requestId: 'id' });
    expect(ctx.credentialError).toBeUndefined();
  });

  it('keeps why credentials were refused for the operations that need a viewer', async () => {
    const refused = new UnauthenticatedError('REVOKED', 'revoked');
    const ctx = await contextOf(() => Promise.reject(refused));
    expect(ctx.viewer).toBeNull();
    expect(() => authorize(ctx, 'Query.viewer')).toThrow(refused);
  });

  it.each([{ tenantId: 'other' }, { userId: 'other' }])(
    'refuses %j that contradicts the credentials, and counts it by the address',
    async (claim) => {
      counted.length = 0;
      await expect(contextOf(async () => VIEWER, claim)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(counted).toEqual([{ viewer: null, client: CLIENT }]);
    },
  );

  it('fails when the credentials cannot be checked', async () => {
    const away = new AppError('SERVICE_UNAVAILABLE', 'away');
    await expect(contextOf(() => Promise.reject(away))).rejects.toBe(away);
  });
});

function contextOf(authenticate: () => Promise<Viewer | null>, claims: object = {}) {
  const credentials = { ...NO_CREDENTIALS, bearerToken: 'token', ...claims };
  const origin = { requestId: 'id', client: CLIENT, credentials, refreshCookie: NO_REFRESH_COOKIE };
  return createContext(services(authenticate), origin, 'NOW');
}

function services(authenticate: () => Promise<Viewer | null>): Services {
  const authenticators = [{ kind: 'SESSION', authenticate, currentRoles: async () => new Map() }];
  const rateLimiter = { take: async (caller: object) => void counted.push(caller) };
  return { authenticators, rateLimiter } as unknown as Services;
}
