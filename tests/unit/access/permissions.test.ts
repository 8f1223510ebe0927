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
  it('give an ADMIN everything but the plans, which only the operator’s ADMINs may change', () => {
    expect(PERMISSIONS.filter((permission) => !permissionsOf('ADMIN', false).has(permission))).toEqual([
      'PLAN_MANAGE',
    ]);
    expect([...permissionsOf('ADMIN', true)]).toEqual([...PERMISSIONS]);
    expect(permissionsOf('USER', true)).toEqual(permissionsOf('USER', false));
  });

  it('let a USER work, and look into nothing but their own', () => {
    const missing = PERMISSIONS.filter((permission) => !permissionsOf('USER', false).has(permission));
    expect(missing).toEqual(['USER_MANAGE', 'AUDIT_READ', 'RATE_LIMIT_READ', 'PLAN_MANAGE']);
  });

  it('let a GUEST read, but neither write, nor run, nor decide', () => {
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
  it('gives the viewer', () => {
    const ctx = viewer('USER');
    expect(authorize(ctx, 'Query.viewer')).toBe(ctx.viewer);
  });

  it('asks those who are not signed in to sign in, whatever the operation needs', () => {
    for (const [operation, required] of Object.entries(OPERATIONS)) {
      if (required === 'PUBLIC') continue;
      expect(() => authorize({ viewer: null }, operation as 'Query.viewer')).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      );
    }
  });
});
