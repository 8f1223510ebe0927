import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account, TestApp } from '../support/app.ts';
import { auditLog } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { HitlRedisClient, nowSeconds, type Signal } from '../support/hitl-redis-client.ts';
import { rowId } from '../support/ids.ts';
import { TEST_SECRET_KEY, testInstances } from '../support/instances.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { decide, design, hasEnded, readRun, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const SECRET = 'Vq8Zr2mVx0LkT5nJd7WcYb3HsGf6PaE1u';
const instances = testInstances({ router: routerOf(new ScriptedModel()) });

describe.skipIf(findRedis() === null)('hitl:channel:{sessionId}', () => {
  let redis: RedisServer;
  let app: TestApp;
  let service: HitlRedisClient;

  beforeAll(async () => {
    redis = await startRedis();
    app = await instances.start({ redisUrl: redis.url, hitlSharedSecret: SECRET });
    service = await HitlRedisClient.connect(redis.url, SECRET);
  });
  afterAll(async () => {
    service.close();
    await app.close();
    await redis.stop();
  });

  it('carries each decision, as the token names who took it, with its time in Unix seconds', async () => {
    const ann = await app.register();
    const { id, sessionId, signal } = await openRequest(ann);
    await decide(app, ann, id, 'APPROVE', { comment: 'go on' });
    const [heard] = await heardOn(sessionId);
    const { userId, tenantId } = signal;
    expect(heard).toEqual({
      requestId: id,
      decision: 'APPROVE',
      comment: 'go on',
      userId,
      tenantId,
      timestamp: expect.any(Number) as number,
      signature: expect.any(String) as string,
    });
    expect(service.isAuthentic(heard!)).toBe(true);
    expect(Math.abs(heard!.timestamp - nowSeconds())).toBeLessThan(60);
  });

  it('takes a decision of another service as that of the user whom it names', async () => {
    const ann = await app.register();
    const { id, run, sessionId, signal } = await openRequest(ann);
    const reject = { ...signal, decision: 'reject', comment: 'too vague' };
    await service.publish(sessionId, service.message(reject));
    const { error } = await runWhen(app, ann, run, hasEnded);
    expect(error).toMatchObject({ code: 'APPROVAL_REJECTED', message: expect.stringContaining('too vague') });
    expect((await auditLog(app, ann)).filter(({ action }) => action === 'approval.decided')).toMatchObject([
      { target: id, actor: { id: ann.session.user.id }, ip: null, detail: { status: 'REJECTED' } },
    ]);
    // What stands comes back, with the id of the API.
    await eventually(() => expect(signalsOn(sessionId)).toMatchObject([reject, { requestId: id }]));
  });

  it('takes the names that another issuer gives its users', async () => {
    const tenant = randomUUID();
    const claims = { sub: 'backend.user.001', tenant_id: `tenant.${tenant}`, role: 'user' };
    const token = await new SignJWT({ ...claims, exp: nowSeconds() + 600 })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(Buffer.from(TEST_SECRET_KEY));
    const kim = { token } as Account;
    const run = await startRun(app, kim, design({ key: 'asks', approval: {} }));
    const { approvals } = await runWhen(app, kim, run, (one) => one.approvals.length > 0);
    const requestId = approvals[0]!.id;
    const named = { requestId, decision: 'APPROVE', userId: claims.sub, tenantId: claims.tenant_id };
    // The same text is signed for another way to split it.
    const split = { userId: 'backend', tenantId: `user.001.${claims.tenant_id}` };
    await service.publish(rowId(run), service.message(named, split));
    await service.publish(rowId(run), service.message(named));
    expect((await runWhen(app, kim, run, hasEnded)).status).toBe('SUCCEEDED');
    await eventually(() =>
      expect(signalsOn(rowId(run)).at(-1)).toMatchObject({ userId: claims.sub, tenantId: claims.tenant_id }),
    );
  });

  it('changes nothing when a signal comes twice, or contradicts', async () => {
    const ann = await app.register();
    const { id, run, sessionId, signal } = await openRequest(ann);
    const message = service.message(signal);
    for (const _ of [1, 2, 3]) await service.publish(sessionId, message);
    await service.publish(sessionId, service.message({ ...signal, decision: 'REJECT' }));
    expect((await runWhen(app, ann, run, hasEnded)).status).toBe('SUCCEEDED');
    await passed(ann);
    const decided = (await auditLog(app, ann)).filter(({ action }) => action === 'approval.decided');
    expect(decided.filter(({ target }) => target === id)).toHaveLength(1);
    expect(ofServer(signalsOn(sessionId), id)).toHaveLength(1);
  });

  it.each<[string, (signal: Signal) => Change]>([
    ['a signature of another secret', () => ({ changed: { signature: 'a'.repeat(64) } })],
    ['a decision that was changed', () => ({ changed: { decision: 'REJECT' } })],
    ['a user who was changed', () => ({ changed: { userId: randomUUID() } })],
    ['a request that was changed', () => ({ changed: { requestId: randomUUID() } })],
    ['milliseconds', () => ({ signal: { timestamp: Date.now() } })],
    ['a time of more than five minutes ago', () => ({ signal: { timestamp: nowSeconds() - 301 } })],
    ['a time of more than five minutes ahead', () => ({ signal: { timestamp: nowSeconds() + 310 } })],
    ['a time that was changed', () => ({ changed: { timestamp: nowSeconds() - 1 } })],
    ['a time in a text', () => ({ changed: { timestamp: String(nowSeconds()) } })],
    ['no signature', () => ({ changed: { signature: undefined } })],
    ['another word', () => ({ signal: { decision: 'approved' } })],
    [
      'a revision, whose remarks no signature covers',
      () => ({ signal: { decision: 'REVISE', comment: 'x' } }),
    ],
    ['an unknown user', () => ({ signal: { userId: randomUUID() } })],
    ['the tenant of somebody else', () => ({ signal: { tenantId: randomUUID() } })],
    ['a comment that is too long', () => ({ signal: { comment: 'x'.repeat(2_001) } })],
    ['the channel of another run', () => ({ sessionId: randomUUID() })],
  ])('does not take a signal with %s', async (_what, changeOf) => {
    const ann = await app.register();
    const request = await openRequest(ann);
    const change = changeOf(request.signal);
    const message = service.message({ ...request.signal, ...change.signal }, change.changed);
    await service.publish(change.sessionId ?? request.sessionId, message);
    await passed(ann);
    expect((await readRun(app, ann, request.run)).approvals).toMatchObject([{ status: 'PENDING' }]);
  });

  it('has the checks of the mutation: neither an ADMIN who only reads nor a GUEST decides', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const { run, sessionId, signal } = await openRequest(ann);
    for (const other of [admin, await app.member(admin, 'GUEST')]) {
      const userId = rowId(other.session.user.id);
      await service.publish(sessionId, service.message({ ...signal, userId }));
    }
    await passed(ann);
    expect((await readRun(app, ann, run)).approvals).toMatchObject([{ status: 'PENDING' }]);
  });

  it('survives anything that is published, with a bounded number of lines in the log', async () => {
    const ann = await app.register();
    const { sessionId, signal } = await openRequest(ann);
    const logged = app.logs.length;
    const strange = [
      '',
      '{',
      'null',
      '[]',
      '1',
      '"x"',
      '{}',
      '\u0000',
      'x'.repeat(100_000),
      '{"a":'.repeat(9_000),
    ];
    for (let times = 0; times < 30; times++) {
      for (const message of strange) await service.publish(sessionId, message);
      await service.publish(sessionId, service.message(signal, { signature: 'b'.repeat(64) }));
    }
    await service.publish('not a run; \u0000', service.message(signal));
    await passed(ann);
    const lines = app.logs.slice(logged).filter((line) => line.includes('hitl signals were not taken'));
    expect(lines.length).toBeLessThan(6);
    expect(app.logs.join('')).not.toContain(SECRET);
  });

  it('hears again after a restart of Redis; while Redis is away, decisions go on', async () => {
    const ann = await app.register();
    const [first, second] = [await openRequest(ann), await openRequest(ann)];
    await redis.kill();
    expect(await decide(app, ann, first.id, 'APPROVE')).toMatchObject({ approval: { status: 'APPROVED' } });
    await redis.restart();
    await eventually(
      async () => {
        await service.publish(second.sessionId, service.message(second.signal));
        expect((await readRun(app, ann, second.run)).approvals).toMatchObject([{ status: 'APPROVED' }]);
      },
      { timeoutMs: 15_000, intervalMs: 200 },
    );
  });

  it('is silent and deaf without the secret', async () => {
    const deaf = await instances.start({ redisUrl: redis.url });
    const clients = await service.publish('nobody', '');
    await deaf.close();
    await eventually(async () => expect(await service.publish('nobody', '')).toBe(clients));
  });

  async function openRequest(account: Account) {
    const run = await startRun(app, account, design({ key: 'asks', approval: {} }));
    const { approvals } = await runWhen(app, account, run, (one) => one.approvals.length > 0);
    const { user } = account.session;
    const [userId, tenantId] = [rowId(user.id), rowId(user.tenant.id)];
    const requestId = rowId(approvals[0]!.id);
    const signal: Signal = { requestId, decision: 'APPROVE', userId, tenantId };
    return { id: approvals[0]!.id, run, sessionId: rowId(run), signal };
  }

  /** Waits until all that was published before has been looked at: signals are taken in their order. */
  async function passed(account: Account): Promise<void> {
    const { sessionId, run, signal } = await openRequest(account);
    await service.publish(sessionId, service.message(signal));
    await runWhen(app, account, run, hasEnded);
  }

  function signalsOn(sessionId: string) {
    return service.heard.filter((one) => one.sessionId === sessionId).map(({ signal }) => signal);
  }

  function ofServer(signals: ReturnType<typeof signalsOn>, id: string) {
    return signals.filter(({ requestId }) => requestId === id);
  }

  function heardOn(sessionId: string) {
    return eventually(() => {
      const signals = signalsOn(sessionId);
      expect(signals).not.toEqual([]);
      return signals;
    });
  }
});

interface Change {
  signal?: Partial<Signal>;
  changed?: object;
  sessionId?: string;
}
