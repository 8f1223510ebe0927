import { describe, expect, it } from 'vitest';
import type { Role } from '../../../src/generated/prisma/enums.ts';
import { authorize } from '../../../src/access/authorize.ts';
import type { Viewer } from '../../../src/access/viewer.ts';
import {
  isPublic,
  type OperationName,
  OPERATIONS,
  OPERATOR_TENANT_ID,
  PERMISSIONS,
  permissionsOf,
  requirementOf,
} from '../../../src/access/permissions.ts';

const ALL = Object.keys(OPERATIONS) as OperationName[];

const viewer = (role: Role): { viewer: Viewer } => ({
  viewer: {
    userId: 'user',
    tenantId: 'tenant',
    role,
    plan: 'FREE',
    permissions: permissionsOf({ role, tenantId: 'tenant' }),
    credential: {
      kind: 'SESSION',
      id: 'session',
      claims: { userId: 'user', tenantId: 'tenant' },
      expiresAt: null,
    },
  },
});

describe('permissions', () => {
  it('are only those that an operation asks for', () => {
    // TEMPLATE_SHARE is asked for by the same mutations as TEMPLATE_WRITE, when others see the result.
    const asked = new Set<string>([...ALL.map(requirementOf), 'TEMPLATE_SHARE']);
    expect(PERMISSIONS.filter((permission) => !asked.has(permission))).toEqual([]);
  });

  it('are all held by an ADMIN of the operator’s tenant, and all but PLAN_MANAGE by every other ADMIN', () => {
    expect([...permissionsOf({ role: 'ADMIN', tenantId: OPERATOR_TENANT_ID })]).toEqual([...PERMISSIONS]);
    expect([...permissionsOf({ role: 'ADMIN', tenantId: 'tenant' })]).toEqual(
      PERMISSIONS.filter((permission) => permission !== 'PLAN_MANAGE'),
    );
    expect(permissionsOf({ role: 'USER', tenantId: OPERATOR_TENANT_ID })).not.toContain('PLAN_MANAGE');
  });

  it('let a USER work: converse, run and decide', () => {
    expect([...permissionsOf({ role: 'USER', tenantId: 'tenant' })].toSorted()).toEqual([
      'AGENT_EXECUTE',
      'API_KEY_MANAGE',
      'APPROVAL_DECIDE',
      'CONVERSATION_WRITE',
      'LLM_KEY_MANAGE',
      'PIPELINE_EXECUTE',
      'TEMPLATE_SHARE',
      'TEMPLATE_WRITE',
    ]);
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
    for (const operation of ALL) {
      if (isPublic(operation)) continue;
      expect(() => authorize({ viewer: null }, operation as 'Query.viewer')).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      );
    }
  });
});
