import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { NEED, openConversation, talk } from '../support/conversations.ts';
import { rowId } from '../support/ids.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const EXPORT = '/account/export';

const download = (account?: Pick<Account, 'token'>, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(app.url(EXPORT), {
    method,
    headers: { ...headers, ...(account && { authorization: `Bearer ${account.token}` }) },
  });

describe('GET /account/export', () => {
  it('gives all that is one’s own, and nothing of others, nor a secret', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const key = await createKey(app, ann, { permissions: ['AGENT_EXECUTE'], costLimit: '1.5' });
    for (const person of [ann, admin]) {
      await talk(app, person, await openConversation(app, person), NEED);
    }
    const run = await startRun(app, ann, design({ key: 'asks', approval: {} }));
    const { approvals } = await runWhen(app, ann, run, (one) => one.approvals.length > 0);
    await decide(app, ann, approvals[0]!.id, 'APPROVE', { comment: 'Yes' });
    await runWhen(app, ann, run, hasEnded);

    const response = await download(ann, { 'x-request-id': 'mine' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="agentforge-account.json"',
    );
    expect(response.headers.get('x-request-id')).toBe('mine');
    const text = await response.text();
    const data = JSON.parse(text) as Export;
    expect(data.profile).toMatchObject([{ email: ann.email, role: 'USER' }]);
    expect(data.sessions!.length).toBeGreaterThan(0);
    expect(data.apiKeys).toMatchObject([{ id: rowId(key.id), prefix: key.prefix, costLimit: '1.5' }]);
    expect(data.conversations).toHaveLength(1);
    expect(data.messages!.map(({ content }) => content)).toEqual([NEED, expect.any(String)]);
    expect(data.proposals!.length).toBeGreaterThan(0);
    expect(data.runs).toMatchObject([{ id: rowId(run), steps: [{ key: 'asks', status: 'SUCCEEDED' }] }]);
    expect(data.approvalsDecided).toMatchObject([{ comment: 'Yes', status: 'APPROVED' }]);
    expect(data.acts!.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['session.started', 'api-key.created', 'approval.decided', 'account.exported']),
    );
    expect(data.acts![0]).toMatchObject({ address: { ip: '127.0.0.1' } });
    expect(data.ledger).toContainEqual(
      expect.objectContaining({ cost: expect.stringMatching(/^\d+\.\d+$/) }),
    );
    const { passwordHash } = await app.services.database.prisma.user.findUniqueOrThrow({
      where: { id: rowId(ann.session.user.id) },
    });
    const { keyHash } = await app.services.database.prisma.apiKey.findUniqueOrThrow({
      where: { id: rowId(key.id) },
    });
    for (const secret of [passwordHash!, keyHash, key.token, ann.token, admin.email]) {
      expect(text).not.toContain(secret);
    }
  });

  it('reads page by page at the pace of a slow reader', async () => {
    const ann = await app.register();
    const conversationId = rowId(await openConversation(app, ann));
    const { prisma } = app.services.database;
    const content = 'x'.repeat(10_000);
    await prisma.message.createMany({
      data: Array.from({ length: 2_000 }, (_, index) => ({
        tenantId: rowId(ann.session.user.tenant.id),
        conversationId,
        position: index + 1,
        role: 'USER' as const,
        status: 'COMPLETE' as const,
        content,
      })),
    });
    // Deleted after the answer has begun: a server that had read all of it would send them nevertheless.
    const response = await open(ann);
    await prisma.message.deleteMany({ where: { conversationId, position: { gt: 1_900 } } });
    const { messages } = JSON.parse(await textOf(response)) as Export;
    expect(messages!.length).toBeGreaterThanOrEqual(1_900);
    expect(messages!.length).toBeLessThan(2_000);
    expect(messages!.map(({ position }) => position)).toEqual(messages!.map((_, index) => index + 1));
  });

  it('goes on serving after a reader has left half way, also the same one', async () => {
    const ann = await app.register();
    const response = await open(ann);
    response.destroy();
    await expect.poll(async () => (await download(ann)).status).toBe(200);
    expect(app.logs.join('')).not.toMatch(/account export failed|unhandled error/);
  });

  it('is for a person who is signed in', async () => {
    const ann = await app.register();
    const refusals = [
      [await download(), 401, 'UNAUTHENTICATED', 'MISSING'],
      [await download({ token: 'garbage' }), 401, 'UNAUTHENTICATED', 'INVALID'],
      [await download(await createKey(app, ann)), 403, 'FORBIDDEN', undefined],
      [await download(ann, { 'x-user-id': 'somebody' }), 403, 'FORBIDDEN', undefined],
    ] as const;
    for (const [response, status, code, reason] of refusals) {
      expect(response.status).toBe(status);
      expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
      expect(await response.json()).toEqual({
        error: expect.any(String),
        code,
        ...(reason && { reason }),
      });
    }
    expect((await download(ann, {}, 'POST')).status).toBe(405);
  });
});

/** Resolves with the headers; the body is read when it is asked for. */
function open({ token }: Pick<Account, 'token'>): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http
    .get(app.url(EXPORT), { headers: { authorization: `Bearer ${token}` }, agent: false }, resolve)
    .on('error', reject);
  return promise;
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of response.setEncoding('utf8')) pieces.push(piece as string);
  return pieces.join('');
}

type Export = Record<string, { content?: string; position?: number; action?: string }[] | undefined>;
