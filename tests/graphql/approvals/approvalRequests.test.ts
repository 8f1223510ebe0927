import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from 'graphql-ws';
import { type Account, testApp } from '../../support/app.ts';
import { decide, design, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});

describe('the subscription approvalRequests', () => {
  it('gives the requests that are open, then each new one and each decision', async () => {
    const ann = await app.register();
    const first = await ask(ann);
    const requests = watch(ann);
    expect(await next(requests)).toEqual({ id: first, status: 'PENDING' });
    const second = await ask(ann);
    expect(await next(requests)).toEqual({ id: second, status: 'PENDING' });
    await decide(app, ann, first, 'APPROVE');
    expect(await next(requests)).toEqual({ id: first, status: 'APPROVED' });
    await requests.return?.();
  });

  it('gives only what the viewer may decide', async () => {
    const owner = await app.register();
    const colleague = await app.member(owner, 'USER');
    await ask(owner);
    const theirs = await ask(owner, { requireDifferentApprover: true });
    const requests = watch(colleague);
    expect(await next(requests)).toEqual({ id: theirs, status: 'PENDING' });
    await requests.return?.();
  });

  async function ask(account: Account, more: object = {}): Promise<string> {
    const id = await startRun(app, account, { ...design({ key: 'asks', requiresApproval: true }), ...more });
    const { approvals } = await runWhen(app, account, id, (run) => run.approvals.length > 0);
    return approvals[0]!.id;
  }

  function watch(account: Account) {
    const client = app.socketClient(account);
    clients.push(client);
    return client.iterate<{ approvalRequests: Request }>({
      query: 'subscription { approvalRequests { id status } }',
    });
  }

  async function next(requests: ReturnType<typeof watch>): Promise<Request | undefined> {
    const { value } = await requests.next();
    return value?.data?.approvalRequests;
  }
});

interface Request {
  id: string;
  status: string;
}
