import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const SET =
  '... on SetTenantCostLimitSuccess { tenant { id costLimit } } ... on ValidationError { issues { path code } }';
const set = (admin: Account, input: object) => app.mutate('setTenantCostLimit', input, SET, admin);

describe('setTenantCostLimit', () => {
  it('sets and removes the limit that all members share', async () => {
    const admin = await app.register();
    const { id } = admin.session.user.tenant;
    expect(await set(admin, { costLimit: '12.500001' })).toMatchObject({
      tenant: { id, costLimit: '12.500001' },
    });
    expect(await set(admin, { costLimit: '0' })).toMatchObject({ tenant: { costLimit: '0' } });
    expect(await set(admin, { costLimit: null })).toMatchObject({ tenant: { costLimit: null } });
  });

  it('records a change only', async () => {
    const admin = await app.register();
    for (const costLimit of [null, '1', '1.00', null, null]) await set(admin, { costLimit });
    const where = { tenantId: rowId(admin.session.user.tenant.id), action: 'tenant.cost-limit-changed' };
    const entries = await app.services.database.prisma.auditEntry.findMany({ where, orderBy: { id: 'asc' } });
    expect(entries.map(({ detail }) => detail)).toMatchObject([
      { fromMicros: null, toMicros: '1000000' },
      { fromMicros: '1000000', toMicros: null },
    ]);
  });

  it('rejects a negative limit', async () => {
    expect(await set(await app.register(), { costLimit: '-0.01' })).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['costLimit'], code: 'OUT_OF_RANGE' }],
    });
  });

  itRefuses(app, 'setTenantCostLimit', { input: async () => ({ costLimit: '1' }) });
});
