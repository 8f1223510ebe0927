import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { permissionsOf } from '../../../../src/access/permissions.ts';
import type { Credential, Viewer } from '../../../../src/access/viewer.ts';
import type { Role } from '../../../../src/generated/prisma/enums.ts';
import { AccessWatch } from '../../../../src/modules/auth/access-watch.ts';

describe('AccessWatch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reports an expired credential', async () => {
    const { watch, ended } = setUp({ SESSION: new Map([['one', 'USER']]) });
    watch('SESSION', 'one', new Date(Date.now() + 3_000));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(ended).toEqual({});
    await vi.advanceTimersByTimeAsync(2_000);
    expect(ended).toEqual({ one: 'Access token expired' });
  });

  it('checks credentials with their own authenticator, and reports revoked ones', async () => {
    const roles = { SESSION: new Map<string, Role>([['same', 'USER']]), API_KEY: new Map<string, Role>() };
    const { watch, ended } = setUp(roles);
    watch('SESSION', 'same');
    watch('API_KEY', 'key');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual({ key: 'API key revoked' });
    roles.SESSION.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual({ key: 'API key revoked', same: 'Signed out' });
  });

  it('reports a new role', async () => {
    const { watch, ended } = setUp({ SESSION: new Map([['one', 'GUEST']]) });
    watch('SESSION', 'one');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual({ one: 'Role changed' });
  });

  it('enforces expiry while credentials cannot be checked, and warns once', async () => {
    const { watch, ended, warnings } = setUp({});
    watch('SESSION', 'stays');
    watch('SESSION', 'expires', new Date(Date.now() + 1_000));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ended).toEqual({ expires: 'Access token expired' });
    expect(warnings).toHaveLength(1);
  });

  it('goes on while one kind cannot be checked, and asks again only after an answer', async () => {
    const roles = { SESSION: new Map<string, Role>([['one', 'USER']]) };
    const { watch, ended, asked } = setUp(roles, () => new Promise(() => {}));
    watch('SESSION', 'one');
    watch('API_KEY', 'key');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.API_KEY).toBe(1);
    expect(asked.SESSION).toBeGreaterThan(1);
    roles.SESSION.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual({ one: 'Signed out' });
  });

  it('reports nothing after the watch was released', async () => {
    const { watch, ended } = setUp({ SESSION: new Map() });
    watch('SESSION', 'one')();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toEqual({});
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** The check of a kind without roles fails, unless it does something else. */
function setUp(
  roles: Partial<Record<Credential['kind'], Map<string, Role>>>,
  otherwise: () => Promise<Map<string, Role>> = () => Promise.reject(new Error('away')),
) {
  const warnings: unknown[] = [];
  const asked = { SESSION: 0, API_KEY: 0 };
  const ended: Record<string, string> = {};
  const access = new AccessWatch({
    authenticators: (['SESSION', 'API_KEY'] as const).map((kind) => ({
      kind,
      authenticate: async () => null,
      currentRoles: async () => {
        asked[kind] += 1;
        return roles[kind] ?? otherwise();
      },
    })),
    logger: { warn: (...args: unknown[]) => void warnings.push(args) },
    clock: () => new Date(),
  });
  const watch = (kind: Credential['kind'], id: string, expiresAt: Date | null = null) =>
    access.watch(viewer({ kind, id, claims: CLAIMS, expiresAt }), ({ message }) => (ended[id] = message));
  return { watch, ended, warnings, asked };
}

const CLAIMS = { userId: 'user', tenantId: 'tenant' };

function viewer(credential: Credential): Viewer {
  const permissions = permissionsOf({ role: 'USER', tenantId: 'tenant' });
  return { userId: 'user', tenantId: 'tenant', role: 'USER', plan: 'FREE', permissions, credential };
}
