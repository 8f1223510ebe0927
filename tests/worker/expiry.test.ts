import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expireApprovals } from '../../src/modules/approvals/expiry.ts';
import { closeRequests } from '../../src/modules/pipelines/run/approval-requests.ts';
import type { Account, TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { rowId } from '../support/ids.ts';
import { testInstances } from '../support/instances.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const instances = testInstances({ router: routerOf(new ScriptedModel()) });
const database = new pg.Pool({ connectionString: instances.databaseUrl, max: 2 });
afterAll(() => database.end());

const clockOff = (seconds: number) => () => new Date(Date.now() + seconds * 1_000);

describe('processes whose clocks are 120 s apart', () => {
  const apps: TestApp[] = [];
  afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));
  const start = async (...options: Parameters<typeof instances.start>) => {
    const app = await instances.start(...options);
    apps.push(app);
    return app;
  };

  it('expire nothing early, whichever of them asked', async () => {
    const fast = await start({}, { clock: clockOff(120) });
    const ann = await fast.register();
    const { id } = await openRequest(fast, ann, 60);
    const { rows } = await database.query<{ isExact: boolean }>(
      `SELECT expires_at BETWEEN now() + interval '30 seconds' AND now() + interval '60 seconds'
         AND expires_at = requested_at + interval '60 seconds' AS "isExact"
       FROM approval_requests WHERE id = $1`,
      [rowId(id)],
    );
    expect(rows).toEqual([{ isExact: true }]);
    await expireApprovals(fast.services);
    expect(await decide(fast, ann, id, 'APPROVE')).toMatchObject({ approval: { status: 'APPROVED' } });
  });

  it('expire nothing late', async () => {
    const api = await start({ role: 'api' });
    const ann = await api.register();
    await start({ role: 'worker' }, { clock: clockOff(-120) });
    const run = await startRun(api, ann, design({ key: 'timed', approval: { timeoutSeconds: 1 } }));
    const ended = await runWhen(api, ann, run, hasEnded);
    expect(ended).toMatchObject({ error: { code: 'APPROVAL_EXPIRED' }, approvals: [{ status: 'EXPIRED' }] });
    const { rows } = await database.query<{ late: number }>(
      `SELECT extract(epoch FROM now() - expires_at)::float8 AS late FROM approval_requests WHERE execution_id = $1`,
      [rowId(run)],
    );
    expect(rows[0]!.late).toBeLessThan(100);
  });
});

describe('an overdue request', () => {
  let api: TestApp;
  let ann: Account;
  let id: string;
  beforeAll(async () => {
    const maker = await instances.start();
    ann = await maker.register();
    ({ id } = await openRequest(maker, ann, 3_600));
    await maker.close();
    api = await instances.start({ role: 'api' }); // nothing sweeps
    await database.query(
      `UPDATE approval_requests SET expires_at = now() - interval '1 second' WHERE id = $1`,
      [rowId(id)],
    );
  });
  afterAll(() => api.close());

  it('reads as EXPIRED before its row says so', async () => {
    const { data } = await api.graphql<Lists>(
      `query ($id: ID!) {
        approvalRequest(id: $id) { status decidedAt expiresAt execution { approvals { status } } }
        open: approvalRequests { totalCount nodes { id } }
        expired: approvalRequests(filter: { statuses: [EXPIRED] }) { totalCount nodes { id } }
        none: approvalRequests(filter: { statuses: [] }) { totalCount nodes { id } }
        all: approvalRequests(filter: { statuses: null }) { totalCount nodes { id } }
      }`,
      { id },
      ann,
    );
    const { expiresAt } = data!.approvalRequest;
    expect(data).toEqual({
      approvalRequest: {
        status: 'EXPIRED',
        decidedAt: expiresAt,
        expiresAt,
        execution: { approvals: [{ status: 'EXPIRED' }] },
      },
      open: { totalCount: 0, nodes: [] },
      expired: { totalCount: 1, nodes: [{ id }] },
      none: { totalCount: 0, nodes: [] },
      all: { totalCount: 1, nodes: [{ id }] },
    });
    expect(await storedStatus()).toBe('PENDING');
  });

  it('is in no snapshot', async () => {
    for await (const { data } of api.events(
      'subscription { approvalEvents { ... on ApprovalsSnapshotEvent { approvals { id } } } }',
      {},
      ann,
    )) {
      expect(data).toEqual({ approvalEvents: { approvals: [] } });
      break;
    }
  });

  it('can no longer be decided, and whoever tries ends it', async () => {
    expect(await decide(api, ann, id, 'APPROVE')).toMatchObject({
      __typename: 'AlreadyDecidedError',
      message: expect.stringContaining('EXPIRED') as string,
      approval: { status: 'EXPIRED' },
    });
    expect(await storedStatus()).toBe('EXPIRED');
  });

  async function storedStatus(): Promise<string | undefined> {
    const sql = 'SELECT status FROM approval_requests WHERE id = $1';
    const { rows } = await database.query<{ status: string }>(sql, [rowId(id)]);
    return rows[0]?.status;
  }
});

describe('the end of a run', () => {
  it('leaves overdue requests EXPIRED, and cancels the others', async () => {
    const maker = await instances.start();
    const ann = await maker.register();
    const asks = ['late', 'open', 'timeless'].map((key) => ({
      key,
      approval: key === 'timeless' ? {} : { timeoutSeconds: 3_600 },
    }));
    const run = rowId(
      await startRun(maker, ann, design(...asks, { key: 'end', dependsOn: ['late', 'open', 'timeless'] })),
    );
    await eventually(async () => {
      const { rows } = await database.query('SELECT FROM approval_requests WHERE execution_id = $1', [run]);
      expect(rows).toHaveLength(3);
    });
    await maker.close();
    const api = await instances.start({ role: 'api' }); // nothing sweeps
    await database.query(
      `UPDATE approval_requests SET expires_at = now() - interval '1 second'
       WHERE execution_id = $1 AND step_key = 'late'`,
      [run],
    );
    const announced: unknown[] = [];
    await api.services.database.transact((tx) =>
      closeRequests(tx, (event) => announced.push(event), {
        id: run,
        tenantId: rowId(ann.session.user.tenant.id),
      }),
    );
    const { rows } = await database.query(
      `SELECT step_key AS step, status, decided_at = expires_at AS "isAtItsEnd",
         decided_at BETWEEN requested_at AND now() AS "isPast",
         (SELECT count(*)::int FROM audit_entries
          WHERE target_id = request.id::text AND action = 'approval.expired') AS acts
       FROM approval_requests request WHERE execution_id = $1 ORDER BY step_key`,
      [run],
    );
    expect(rows).toMatchObject([
      { step: 'late', status: 'EXPIRED', isAtItsEnd: true, acts: 1 },
      { step: 'open', status: 'CANCELLED', isAtItsEnd: false, isPast: true, acts: 0 },
      { step: 'timeless', status: 'CANCELLED', isAtItsEnd: null, isPast: true, acts: 0 },
    ]);
    expect(announced).toHaveLength(3);
    await api.close();
  });
});

describe('a person and the end of the time', () => {
  it('race fairly: each request has one outcome, and the person is told which', async () => {
    const maker = await instances.start();
    const ann = await maker.register();
    const keys = Array.from({ length: 8 }, (_, n) => ({
      key: `step${n}`,
      approval: { timeoutSeconds: 3_600 },
    }));
    const run = await startRun(
      maker,
      ann,
      design(...keys, { key: 'last', dependsOn: keys.map(({ key }) => key) }),
    );
    const { approvals } = await runWhen(maker, ann, run, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    await maker.close();
    const [first, second] = [await instances.start({ role: 'api' }), await instances.start({ role: 'api' })];
    await database.query(`UPDATE approval_requests SET expires_at = now() + interval '60 milliseconds'
      WHERE status = 'PENDING'`);

    const told = await Promise.all(
      approvals.flatMap(({ id }, n) => [
        decide(n % 2 ? first : second, ann, id, 'APPROVE'),
        expireApprovals(first.services).then(() => null),
        expireApprovals(second.services).then(() => null),
      ]),
    );
    for (const answer of told.filter((one) => one !== null)) {
      const isWinner = answer.__typename === 'DecideApprovalSuccess';
      expect(answer.approval?.status).toBe(isWinner ? 'APPROVED' : 'EXPIRED');
    }
    const { rows } = await database.query<{ times: number }>(
      `SELECT count(*)::int AS times FROM events
       WHERE log_id = $1 AND data->>'type' = 'ApprovalDecided' GROUP BY data->>'approvalId'`,
      [`execution:${rowId(run)}`],
    );
    expect(rows).toEqual(approvals.map(() => ({ times: 1 })));
    await Promise.all([first.close(), second.close()]);
  });
});

describe('a run that waits', () => {
  it('holds no claim for all its days, and is not looked at until a decision', async () => {
    const app = await instances.start();
    const ann = await app.register();
    const { id, run } = await openRequest(app, ann, null);
    await database.query(
      `UPDATE approval_requests SET requested_at = now() - interval '30 days' WHERE id = $1`,
      [rowId(id)],
    );
    const claimed = 'SELECT fence FROM event_logs WHERE id = $1';
    const before = await database.query(claimed, [`execution:${rowId(run)}`]);
    expect(before.rows).toHaveLength(1);
    expect((await database.query('SELECT id FROM claims')).rows).toEqual([]);
    // A restart looks for work at once; another run shows that it has found all there is.
    await app.close();
    const later = await instances.start();
    await runWhen(later, ann, await startRun(later, ann, design({ key: 'other' })), hasEnded);
    expect((await database.query(claimed, [`execution:${rowId(run)}`])).rows).toEqual(before.rows);
    await decide(later, ann, id, 'APPROVE');
    expect((await runWhen(later, ann, run, hasEnded)).status).toBe('SUCCEEDED');
    await later.close();
  });
});

async function openRequest(app: TestApp, account: Account, timeoutSeconds: number | null) {
  const approval = timeoutSeconds === null ? {} : { timeoutSeconds };
  const run = await startRun(app, account, design({ key: 'asks', approval }));
  const { approvals } = await runWhen(app, account, run, ({ status }) => status === 'WAITING_FOR_APPROVAL');
  return { id: approvals[0]!.id, run };
}

interface Lists {
  approvalRequest: { expiresAt: string };
}
