import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../support/app.ts';
import { NEED, openConversation, replyEnded, send } from '../support/conversations.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

/** More people than the process has connections to its database. */
const PEOPLE = 24;

describe('more concurrent users than database connections', () => {
  const app = testApp({ router: routerOf(new ScriptedModel()) });
  const asks = design({ key: 'asks', approval: {} });

  it('can all send messages, run, decide and stop', async () => {
    const people = await all(() => app.register());
    const conversations = await all((n) => openConversation(app, people[n]!));
    const sent = await all((n) => send(app, people[n]!, conversations[n]!, NEED));
    expect(kinds(sent)).toEqual(['SendMessageSuccess']);
    const runs = await all((n) => startRun(app, people[n]!, asks));
    const waiting = await all((n) => runWhen(app, people[n]!, runs[n]!, (run) => run.approvals.length > 0));
    const decided = await all((n) => decide(app, people[n]!, waiting[n]!.approvals[0]!.id, 'APPROVE'));
    expect(kinds(decided)).toEqual(['DecideApprovalSuccess']);
    const stopped = await all((n) => stop(people[n]!, sent[n]!.reply!.id));
    expect(stopped.filter((kind) => kind !== 'StopReplySuccess' && kind !== 'ConflictError')).toEqual([]);

    await all((n) => runWhen(app, people[n]!, runs[n]!, hasEnded));
    const replies = await all((n) => replyEnded(app, people[n]!, sent[n]!.reply!.id));
    expect(replies.filter(({ status }) => status === 'FAILED')).toEqual([]);
  }, 90_000);

  async function stop(account: Account, messageId: string): Promise<string> {
    return (await app.mutate('stopReply', { messageId }, '', account)).__typename;
  }
});

function all<T>(work: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PEOPLE }, (_, n) => work(n)));
}

function kinds(results: { __typename: string }[]): string[] {
  return [...new Set(results.map(({ __typename }) => __typename))];
}
