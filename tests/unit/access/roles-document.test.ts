import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OPERATOR_TENANT_ID, PERMISSIONS, permissionsOf } from '../../../src/access/permissions.ts';
import { Role } from '../../../src/generated/prisma/enums.ts';
import { PLANS } from '../../../src/kernel/plans.ts';
import { schema } from '../../../src/transport/graphql/schema.ts';
import { MAX_ACTIVE_KEYS, MAX_KEY_NAME_LENGTH } from '../../../src/modules/auth/api-keys/service.ts';
import type { GraphQLEnumType } from 'graphql';
import { rowsOf } from '../../support/document-tables.ts';

const page = fs.readFileSync('docs/signing-in.md', 'utf8');

describe('docs/signing-in.md', () => {
  it('shows which role has which permission', () => {
    const described = schema.getType('Permission') as GraphQLEnumType;
    const has = (role: Role, tenantId: string) => permissionsOf({ role, tenantId });
    expect(rowsOf(page, '| permission | ADMIN | USER | GUEST | allows |')).toEqual(
      PERMISSIONS.map((permission) => [
        permission,
        ...(['ADMIN', 'USER', 'GUEST'] as const).map((role) => {
          if (has(role, 'any').has(permission)) return 'yes';
          return has(role, OPERATOR_TENANT_ID).has(permission) ? 'operator' : '';
        }),
        described.getValue(permission)!.description,
      ]),
    );
    expect(Object.values(Role).toSorted()).toEqual(['ADMIN', 'GUEST', 'USER']);
  });

  it('shows the plans', () => {
    expect(rowsOf(page, '| plan | runs per UTC day | US dollars per UTC day |')).toEqual(
      Object.entries(PLANS).map(([name, { executionsPerDay: runs, costPerDayMicros: cost }]) => [
        name,
        runs === null ? 'no limit' : String(runs),
        cost === null ? 'no limit' : (Number(cost) / 1e6).toFixed(2),
      ]),
    );
  });

  it('says how many API keys a user can have', () => {
    expect(page).toContain(
      `${MAX_ACTIVE_KEYS} valid keys for each user; names of 1 to ${MAX_KEY_NAME_LENGTH} characters.`,
    );
  });
});
