import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { openConversation } from '../../support/conversations.ts';
import { design } from '../../support/runs.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

const BUDGET = '... on BudgetExceededError { scope costLimit spent }';
const REFUSED = { __typename: 'BudgetExceededError', scope: 'USER_DAY', costLimit: '0', spent: '0' };

describe('an account whose address is not verified, in production', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const execute = (account: Account) =>
    app.mutate(
      'executePipeline',
      { source: { design: design({ key: 'only' }) }, request: 'Write a report.' },
      BUDGET,
      account,
    );
  const say = async (account: Account) => {
    const conversationId = await openConversation(app, account);
    return app.mutate('sendMessage', { conversationId, content: 'Hello' }, BUDGET, account);
  };
  const today = async (account: Account) => {
    const { data } = await app.graphql('{ usageToday { costLimit } }', {}, account);
    return data;
  };

  it('spends nothing until it is', async () => {
    const account = await app.register();
    expect(await execute(account)).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('Verify the address'),
    });
    expect(await say(account)).toMatchObject(REFUSED);
    expect(await today(account)).toEqual({ usageToday: { costLimit: '0' } });

    const [sent] = await mail.to(account.email);
    await app.mutate('verifyEmail', { token: sent!.secret });
    expect(await execute(account)).toMatchObject({ __typename: 'ExecutePipelineSuccess' });
    expect(await say(account)).toMatchObject({ __typename: 'SendMessageSuccess' });
    expect(await today(account)).toEqual({ usageToday: { costLimit: '1' } });
  });

  it('is told by the estimate that a run is over the budget', async () => {
    const { data } = await app.graphql(
      'query ($source: PipelineSource!) { estimatePipeline(source: $source, request: "It") { withinBudget } }',
      { source: { design: design({ key: 'only' }) } },
      await app.register(),
    );
    expect(data).toEqual({ estimatePipeline: { withinBudget: false } });
  });

  it('is not meant by a user of another issuer', async () => {
    const account = await app.register();
    const { prisma } = app.services.database;
    await prisma.user.updateMany({ where: { email: account.email }, data: { subject: 'them' } });
    expect(await execute(account)).toMatchObject({ __typename: 'ExecutePipelineSuccess' });
  });
});
