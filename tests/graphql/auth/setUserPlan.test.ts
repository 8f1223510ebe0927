import { beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_TENANT_ID } from '../../../src/access/permissions.ts';
import { ensureOperator } from '../../../src/modules/auth/accounts/operator.ts';
import { type Account, mutationDocument, testApp } from '../../support/app.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const SET = '... on SetUserPlanSuccess { user { id plan email } }';
const setPlan = (account: Pick<Account, 'token'>, userId: string, plan = 'UNLIMITED') =>
  app.mutate('setUserPlan', { userId, plan }, SET, account);

describe('setUserPlan', () => {
  let operator: Pick<Account, 'token'>;
  beforeAll(async () => {
    const account = { email: 'operator@example.com', password: 'correct horse battery' };
    await ensureOperator(app.services, account);
    const { accessToken, user } = await app.signIn('login', account);
    expect([user.tenant.externalId, user.permissions.includes('PLAN_MANAGE')]).toEqual([
      OPERATOR_TENANT_ID,
      true,
    ]);
    operator = { token: accessToken };
  });

  it('lets an ADMIN of the operator’s tenant set the plan of any user, whose address it does not show', async () => {
    const ann = await app.register();
    const { id } = ann.session.user;
    expect(await setPlan(operator, id)).toEqual({
      __typename: 'SetUserPlanSuccess',
      user: { id, plan: 'UNLIMITED', email: null },
    });
    expect((await app.graphql('{ viewer { plan } }', {}, ann)).data).toEqual({
      viewer: { plan: 'UNLIMITED' },
    });
    const read = await app.graphql('query ($id: ID!) { node(id: $id) { id } }', { id }, operator);
    expect(read.data).toEqual({ node: null });
  });

  it('reads nothing that the user’s tenant owns', async () => {
    const ann = await app.register();
    const { id, tenant } = ann.session.user;
    await app.mutate(
      'setTenantCostLimit',
      { costLimit: '5' },
      '... on SetTenantCostLimitSuccess { __typename }',
      ann,
    );
    const all = '... on SetUserPlanSuccess { user { plan tenant { id costLimit } apiKeys { id } } }';
    const { data, errors } = await app.graphql(
      mutationDocument('setUserPlan', all),
      { input: { userId: id, plan: 'PRO' } },
      operator,
    );
    expect(data).toEqual({
      setUserPlan: {
        __typename: 'SetUserPlanSuccess',
        user: { plan: 'PRO', tenant: { id: tenant.id, costLimit: null }, apiKeys: [] },
      },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const read = await app.graphql('query ($id: ID!) { node(id: $id) { id } }', { id: tenant.id }, operator);
    expect(read.data).toEqual({ node: null });
  });

  it('finds no user that does not exist', async () => {
    expect(await setPlan(operator, 'x')).toMatchObject({ __typename: 'NotFoundError' });
  });

  it('is refused to every other ADMIN, also for themselves', async () => {
    const admin = await app.register();
    await expect(setPlan(admin, admin.session.user.id)).rejects.toThrow('FORBIDDEN');
  });

  itRefuses(app, 'setUserPlan', {
    input: async (owner) => ({ userId: owner.session.user.id, plan: 'PRO' }),
  });
});
