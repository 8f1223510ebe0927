import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account, TestApp } from '../support/app.ts';
import { auditLog } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { HitlRedisClient } from '../support/hitl-redis-client.ts';
import { HitlRestClient } from '../support/hitl-rest-client.ts';
import { rowId } from '../support/ids.ts';
import { testInstances } from '../support/instances.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const SECRET = 'Vq8Zr2mVx0LkT5nJd7WcYb3HsGf6PaE1u';
const WAYS = ['GraphQL', 'REST', 'Redis'] as const;
const ROUNDS = 4;
const instances = testInstances({ router: routerOf(new ScriptedModel()) });

describe.skipIf(findRedis() === null)('50 decisions at once, by two processes and three ways', () => {
  let redis: RedisServer;
  let apps: [TestApp, TestApp];
  let service: HitlRedisClient;
  let ann: Account;

  beforeAll(async () => {
    redis = await startRedis();
    const settings = { redisUrl: redis.url, hitlSharedSecret: SECRET };
    apps = [await instances.start(settings), await instances.start(settings)];
    service = await HitlRedisClient.connect(redis.url, SECRET);
  });
  afterAll(async () => {
    service.close();
    await Promise.all(apps.map((app) => app.close()));
    await redis.stop();
  });

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'have one winner, and all others learn of it (%i)',
    async (round) => {
      ann = await apps[0].register();
      const run = await startRun(apps[0], ann, design({ key: 'asks', approval: { onReject: 'SKIP' } }));
      const { approvals } = await runWhen(apps[0], ann, run, (one) => one.approvals.length > 0);
      const id = approvals[0]!.id;

      const told = await Promise.all(
        Array.from({ length: 50 }, (_, n) => decideBy(WAYS[(n + round) % 3]!, n, id, rowId(run))),
      );

      const [winner] = await storedDecisions(id);
      const [signal, ...more] = await eventually(() => {
        const signals = serverSignals(id);
        expect(signals).not.toEqual([]);
        return signals;
      });
      expect(more).toEqual([]);
      expect(signal).toMatchObject({ comment: winner!.comment, decision: decisionOf(winner!.comment!) });
      const answers = told.filter((answer) => answer !== null);
      expect(answers.length).toBeGreaterThan(30);
      const isByRedis = winner!.comment!.startsWith('Redis');
      expect(answers.filter(({ isWinner }) => isWinner)).toHaveLength(isByRedis ? 0 : 1);
      for (const { standing } of answers) expect(standing).toBe(winner!.comment);

      const ended = await runWhen(apps[1], ann, run, hasEnded);
      expect(ended.steps).toMatchObject([
        { status: decisionOf(winner!.comment!) === 'APPROVE' ? 'SUCCEEDED' : 'SKIPPED' },
      ]);
      const acts = await auditLog(apps[0], ann, 'first: 100');
      expect(
        acts.filter(({ action, target }) => action === 'approval.decided' && target === id),
      ).toHaveLength(1);
    },
  );

  /** What the caller is told. Null for Redis, which tells everybody by the signal of the decision that stands. */
  async function decideBy(way: (typeof WAYS)[number], n: number, id: string, sessionId: string) {
    const app = apps[n % 2]!;
    const comment = `${way} ${n}`;
    if (way === 'GraphQL') {
      const { __typename, approval } = await decide(app, ann, id, decisionOf(comment), { comment });
      return { isWinner: __typename === 'DecideApprovalSuccess', standing: approval?.comment };
    }
    if (way === 'REST') {
      const client = new HitlRestClient(app.url(''), ann);
      const isApproval = decisionOf(comment) === 'APPROVE';
      const answer = await (isApproval ? client.approve(id, { comment }) : client.reject(id, comment));
      return { isWinner: answer.status === 200, standing: answer.data?.reason };
    }
    const { user } = ann.session;
    const [userId, tenantId] = [rowId(user.id), rowId(user.tenant.id)];
    const signal = { requestId: rowId(id), decision: decisionOf(comment), comment, userId, tenantId };
    await service.publish(sessionId, service.message(signal));
    return null;
  }

  /** Of the number in the comment, so that what stands can be compared with it. */
  function decisionOf(comment: string): 'APPROVE' | 'REJECT' {
    return Number(comment.split(' ')[1]) % 4 < 2 ? 'APPROVE' : 'REJECT';
  }

  function serverSignals(id: string) {
    return service.heard.map(({ signal }) => signal).filter(({ requestId }) => requestId === id);
  }

  async function storedDecisions(id: string) {
    return eventually(async () => {
      const { prisma } = apps[0].services.database;
      const rows = await prisma.approvalRequest.findMany({
        where: { id: rowId(id), comment: { not: null } },
      });
      expect(rows).toHaveLength(1);
      return rows;
    });
  }
});
