import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../support/app.ts';
import { auditLog } from '../support/audit.ts';
import { HitlRestClient } from '../support/hitl-rest-client.ts';
import { rowId } from '../support/ids.ts';
import { design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const clientOf = (account: Account, prefix = '') => new HitlRestClient(app.url(prefix), account);
const post = (
  path: string,
  account: Pick<Account, 'token'> | null,
  options: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
) =>
  fetch(app.url(path), {
    method: 'POST',
    ...options,
    headers: { ...(account && { authorization: `Bearer ${account.token}` }), ...options.headers },
  });

describe('POST /aura/hitl/approve/{requestId} and /reject/{requestId}', () => {
  it('approve, also below /api, and name the run as the session', async () => {
    const ann = await app.register();
    const { id, run } = await openRequest(ann);
    const answer = await clientOf(ann, '/api').approve(id, { comment: 'go on' });
    expect(answer).toEqual({
      status: 200,
      success: true,
      data: { requestId: id, sessionId: rowId(run), status: 'approved', reason: 'go on' },
    });
    expect((await runWhen(app, ann, run, hasEnded)).status).toBe('SUCCEEDED');
    expect((await auditLog(app, ann)).filter(({ action }) => action === 'approval.decided')).toMatchObject([
      { target: id, actor: { id: ann.session.user.id }, ip: '127.0.0.1' },
    ]);
  });

  it('reject with the reason, by the id of the row', async () => {
    const ann = await app.register();
    const { id, run } = await openRequest(ann);
    const answer = await clientOf(ann).reject(rowId(id), 'too vague');
    expect(answer.data).toMatchObject({ requestId: rowId(id), status: 'rejected', reason: 'too vague' });
    const { error } = await runWhen(app, ann, run, hasEnded);
    expect(error).toMatchObject({ code: 'APPROVAL_REJECTED', message: expect.stringContaining('too vague') });
  });

  it('take the reason where the comment says nothing', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    const answer = await clientOf(ann).approve(id, { comment: ' \u200B', reason: 'the reason' });
    expect(answer.data).toMatchObject({ status: 'approved', reason: 'the reason' });
  });

  it('need no body', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    expect((await post(`/aura/hitl/approve/${id}`, ann)).status).toBe(200);
  });

  it('tell the decision that stands to those who come later', async () => {
    const ann = await app.register();
    const { id, run } = await openRequest(ann);
    await clientOf(ann).approve(id, { comment: 'first' });
    expect(await clientOf(ann).reject(id, 'second')).toMatchObject({
      status: 409,
      code: 'ALREADY_DECIDED',
      data: { requestId: id, sessionId: rowId(run), status: 'approved', reason: 'first' },
    });
  });

  it('bind a decision to what was read, where the client says what that was', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    const { data } = await app.graphql<{ approvalRequest: { subject: { hash: string } } }>(
      'query ($id: ID!) { approvalRequest(id: $id) { subject { hash } } }',
      { id },
      ann,
    );
    const { hash: subjectHash } = data!.approvalRequest.subject;
    const other = await clientOf(ann).approve(id, { subjectHash: subjectHash.replaceAll(/[0-7]/g, '8') });
    expect(other).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await clientOf(ann).approve(id, { subjectHash })).status).toBe(200);
  });

  it('refuse headers that contradict the token, in the words that clients know', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    expect(await clientOf(ann).approve(id, {}, { 'x-user-id': randomUUID() })).toEqual({
      status: 403,
      error: 'User ID mismatch between JWT and header',
      code: 'FORBIDDEN',
    });
    expect(await clientOf(ann).approve(id, {}, { 'x-tenant-id': randomUUID() })).toMatchObject({
      status: 403,
      error: 'Tenant ID mismatch between JWT and header',
    });
    expect(await storedStatus(id)).toBe('PENDING');
  });

  it('refuse those who may not decide, and hide what they may not see', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const { id } = await openRequest(ann);
    const nobody = await post(`/aura/hitl/approve/${id}`, null);
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="agentforge"',
    ]);
    expect((await clientOf(await app.member(admin, 'GUEST')).approve(id)).status).toBe(403);
    expect((await clientOf(admin).approve(id)).error).toMatch(/^Only the member who started the run/);
    const stranger = clientOf(await app.register());
    const foreign = await stranger.approve(id);
    expect(foreign).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    for (const missing of [encodeId('ApprovalRequest', randomUUID()), randomUUID(), 'req-1', '%00', id + '='])
      expect(await stranger.approve(missing), missing).toEqual(foreign);
    expect(await storedStatus(id)).toBe('PENDING');
  });

  it('decide nothing by a GET or any other method', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
      const response = await post(`/aura/hitl/approve/${id}`, ann, { method });
      expect([response.status, response.headers.get('allow')], method).toEqual([405, 'POST']);
    }
    expect(await storedStatus(id)).toBe('PENDING');
  });

  it.each([
    ['no JSON', 400, '{"comment":', 'application/json'],
    ['no object', 400, '["approve"]', 'application/json'],
    ['a form', 415, 'comment=x', 'application/x-www-form-urlencoded'],
    ['a comment that is no text', 400, '{"comment":1}', 'application/json'],
    ['a comment that is too long', 400, JSON.stringify({ comment: 'x'.repeat(2_001) }), 'application/json'],
    [
      'more than 64 KiB',
      413,
      JSON.stringify({ more: 'x'.repeat(65_536) }),
      'application/json; charset=utf-8',
    ],
  ])('refuse a body with %s', async (_what, status, body, type) => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    const response = await post(`/aura/hitl/reject/${id}`, ann, { body, headers: { 'content-type': type } });
    expect([response.status, Object.keys((await response.json()) as object)[0]]).toEqual([status, 'error']);
    expect(await storedStatus(id)).toBe('PENDING');
  });

  it('survive a client that leaves within its body', async () => {
    const ann = await app.register();
    const { id } = await openRequest(ann);
    const logged = app.logs.length;
    await new Promise((resolve) => {
      const headers = { authorization: `Bearer ${ann.token}`, 'content-length': '1000' };
      const request = http.request(app.url(`/aura/hitl/approve/${id}`), { method: 'POST', headers });
      request.on('error', resolve).write('{');
      setTimeout(() => request.destroy(new Error('gone')), 200);
    });
    expect((await clientOf(ann).approve(id)).status).toBe(200);
    expect(app.logs.slice(logged).filter((line) => line.includes('unhandled'))).toEqual([]);
  });
});

async function openRequest(account: Account) {
  const run = await startRun(app, account, design({ key: 'asks', approval: {} }));
  const { approvals } = await runWhen(app, account, run, ({ approvals }) => approvals.length > 0);
  return { id: approvals[0]!.id, run };
}

async function storedStatus(id: string): Promise<string> {
  const { prisma } = app.services.database;
  return (await prisma.approvalRequest.findUniqueOrThrow({ where: { id: rowId(id) } })).status;
}
