import { beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_TENANT_ID } from '../../../src/access/permissions.ts';
import { ensureOperator } from '../../../src/modules/auth/accounts/operator.ts';
import { type Account, testApp } from '../../support/app.ts';
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

  it('answers with the user’s tenant too, but reads nothing else of it', async () => {
    const ann = await app.register();
    const { id, tenant } = ann.session.user;
    const all =
      '... on SetUserPlanSuccess { user { plan tenant { id externalId name costLimit } apiKeys { id } } }';
    const answer = await app.mutate('setUserPlan', { userId: id, plan: 'PRO' }, all, operator);
    expect(answer).toMatchObject({ user: { plan: 'PRO', tenant, apiKeys: [] } });
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
