import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from 'graphql-ws';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { decide, design, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});

describe('approvalEvents', () => {
  it('starts with a snapshot of the open requests, then streams each new one and each decision', async () => {
    const ann = await app.register();
    const first = await ask(ann);
    const events = watch(ann);
    const open = [{ id: first, status: 'PENDING' }];
    expect(await next(events)).toEqual({ __typename: 'ApprovalsSnapshotEvent', seq: 1, approvals: open });
    const second = await ask(ann);
    expect(await next(events)).toEqual({
      __typename: 'ApprovalRequestedEvent',
      seq: 2,
      approval: { id: second, status: 'PENDING' },
    });
    await decide(app, ann, first, 'APPROVE');
    expect(await next(events)).toEqual({
      __typename: 'ApprovalDecidedEvent',
      seq: 3,
      approval: { id: first, status: 'APPROVED' },
    });
    await events.return?.();
  });

  it('resumes after a seq and returns the current state of the requests', async () => {
    const ann = await app.register();
    const first = await ask(ann);
    const second = await ask(ann);
    await decide(app, ann, second, 'REJECT');
    const events = watch(ann, 1);
    const rejected = { id: second, status: 'REJECTED' };
    expect(await next(events)).toMatchObject({ seq: 2, approval: rejected });
    expect(await next(events)).toMatchObject({ seq: 3, approval: rejected });
    await decide(app, ann, first, 'APPROVE');
    expect(await next(events)).toMatchObject({ seq: 4, approval: { id: first, status: 'APPROVED' } });
    await events.return?.();
  });

  it('rejects a seq beyond the log of the tenant’s approvals', async () => {
    const ann = await app.register();
    const { value } = await watch(ann, 7).next();
    expect(value?.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('streams only requests that the viewer may decide', async () => {
    const owner = await app.register();
    const colleague = await app.member(owner, 'USER');
    await ask(owner);
    const theirs = await ask(owner, { requireDifferentApprover: true });
    const events = watch(colleague);
    expect(await next(events)).toMatchObject({ seq: 2, approvals: [{ id: theirs, status: 'PENDING' }] });
    const other = await app.member(owner, 'USER');
    await ask(other);
    const alsoTheirs = await ask(other, { requireDifferentApprover: true });
    expect(await next(events)).toMatchObject({ seq: 4, approval: { id: alsoTheirs } });
    await events.return?.();
  });

  it('lets a card leave the screen that was decided while the socket was down', async () => {
    const ann = await app.register();
    const [first, second] = [await ask(ann), await ask(ann)];
    const events = watch(ann);
    expect(await next(events)).toMatchObject({ seq: 2, approvals: [{ id: first }, { id: second }] });
    await events.return?.();
    await decide(app, ann, first, 'APPROVE');
    const resumed = watch(ann, 2);
    expect(await next(resumed)).toMatchObject({ seq: 3, approval: { id: first, status: 'APPROVED' } });
    await resumed.return?.();
    // The events are no longer kept: the snapshot says that these and no others are open.
    const log = `approvals:${rowId(ann.session.user.tenant.id)}`;
    await app.services.database.sql('DELETE FROM events WHERE log_id = $1', [log]);
    await app.services.database.sql('UPDATE event_logs SET floor = head WHERE id = $1', [log]);
    const behind = watch(ann, 2);
    expect(await next(behind)).toMatchObject({
      __typename: 'ApprovalsSnapshotEvent',
      seq: 3,
      approvals: [{ id: second }],
    });
    await behind.return?.();
  });

  it('shows an ADMIN who only reads no request of others, and a GUEST none at all', async () => {
    const admin = await app.register();
    const owner = await app.member(admin, 'USER');
    await ask(owner);
    for (const other of [admin, await app.member(admin, 'GUEST')]) {
      const events = watch(other);
      expect(await next(events)).toMatchObject({ seq: 1, approvals: [] });
      await events.return?.();
    }
  });

  async function ask(account: Account, more: object = {}): Promise<string> {
    const id = await startRun(app, account, { ...design({ key: 'asks', approval: {} }), ...more });
    const { approvals } = await runWhen(app, account, id, (run) => run.approvals.length > 0);
    return approvals[0]!.id;
  }

  function watch(account: Account, after?: number) {
    const client = app.socketClient(account);
    clients.push(client);
    return client.iterate<{ approvalEvents: object }>({
      query: `subscription ($after: Int) { approvalEvents(after: $after) {
        __typename ... on StreamEvent { seq }
        ... on ApprovalsSnapshotEvent { approvals { id status } }
        ... on ApprovalRequestedEvent { approval { id status } }
        ... on ApprovalDecidedEvent { approval { id status } }
      } }`,
      variables: { after },
    });
  }

  async function next(events: ReturnType<typeof watch>): Promise<object | undefined> {
    const { value } = await events.next();
    return value?.data?.approvalEvents;
  }
});
