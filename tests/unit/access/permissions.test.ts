import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/generated/prisma/enums.ts';
import { authorize } from '../../../src/access/authorize.ts';
import type { Viewer } from '../../../src/access/viewer.ts';
import { OPERATIONS, PERMISSIONS, permissionsOf } from '../../../src/access/permissions.ts';

const viewer = (role: Role, isOperator = false): { viewer: Viewer } => ({
  viewer: {
    userId: 'user',
    tenantId: 'tenant',
    role,
    plan: 'FREE',
    permissions: permissionsOf(role, isOperator),
    credential: { kind: 'SESSION', id: 'session', expiresAt: null },
  },
});

describe('permissions', () => {
  it('grant ADMINs everything except PLAN_MANAGE, which only the operator’s ADMINs have', () => {
    expect(PERMISSIONS.filter((permission) => !permissionsOf('ADMIN', false).has(permission))).toEqual([
      'PLAN_MANAGE',
    ]);
    expect([...permissionsOf('ADMIN', true)]).toEqual([...PERMISSIONS]);
    expect(permissionsOf('USER', true)).toEqual(permissionsOf('USER', false));
  });

  it('let a USER work, but not manage users or plans, or read audits or rate limits', () => {
    const missing = PERMISSIONS.filter((permission) => !permissionsOf('USER', false).has(permission));
    expect(missing).toEqual(['USER_MANAGE', 'AUDIT_READ', 'RATE_LIMIT_READ', 'PLAN_MANAGE']);
  });

  it('let a GUEST read, but not write, run or decide', () => {
    expect(() => authorize(viewer('GUEST'), 'Query.conversations')).not.toThrow();
    for (const operation of [
      'Mutation.createConversation',
      'Mutation.sendMessage',
      'Mutation.executePipeline',
      'Mutation.decideApproval',
    ] as const) {
      expect(() => authorize(viewer('GUEST'), operation)).toThrow(
        expect.objectContaining({ code: 'FORBIDDEN' }),
      );
      expect(() => authorize(viewer('USER'), operation)).not.toThrow();
    }
  });
});

describe('authorize', () => {
  it('returns the viewer', () => {
    const ctx = viewer('USER');
    expect(authorize(ctx, 'Query.viewer')).toBe(ctx.viewer);
  });

  it('rejects requests without a viewer with UNAUTHENTICATED', () => {
    for (const [operation, required] of Object.entries(OPERATIONS)) {
      if (required === 'PUBLIC') continue;
      expect(() => authorize({ viewer: null }, operation as 'Query.viewer')).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      );
    }
  });
});
