import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { permissionsOf } from '../../../src/access/permissions.ts';
import type { Viewer } from '../../../src/access/viewer.ts';
import type { Role } from '../../../src/generated/prisma/enums.ts';
import type { AuditAction } from '../../../src/kernel/audit/audit-actions.ts';
import type { Services } from '../../../src/kernel/context.ts';
import { type Scope, useCase } from '../../../src/kernel/use-case.ts';

const viewer = (role: Role): Viewer => ({
  userId: 'user',
  tenantId: 'tenant',
  role,
  plan: 'FREE',
  permissions: permissionsOf({ role, tenantId: 'tenant' }),
  credential: {
    kind: 'SESSION',
    id: 'session',
    claims: { userId: 'user', tenantId: 'tenant' },
    expiresAt: null,
  },
});

const database = {
  transact: (work: (tx: unknown) => Promise<unknown>) => work('transaction'),
} as unknown as Services['database'];

const request = {
  database,
  requestId: 'request',
  client: { address: '192.0.2.1', userAgent: null, languages: null },
};
const audit = { none: 'only for tests' };

const rename = useCase(
  'Mutation.renameConversation',
  { input: z.object({ title: z.string().trim().min(1).max(5) }), audit },
  async ({ viewer, transact }, { title }) => {
    const tx = await transact(async (tx) => tx);
    return { userId: viewer.userId, title, tx };
  },
);

describe('a use case', () => {
  it('passes the viewer, the parsed input and transactions to its work', async () => {
    expect(await rename({ ...request, viewer: viewer('USER') }, { title: ' new ' })).toEqual({
      userId: 'user',
      title: 'new',
      tx: 'transaction',
    });
  });

  it('checks the permission before the input', async () => {
    const input = { title: 'much too long' };
    await expect(rename({ ...request, viewer: null }, input)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(rename({ ...request, viewer: viewer('GUEST') }, input)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('rejects invalid input with the path and a message', async () => {
    const ctx = { ...request, viewer: viewer('USER') };
    await expect(rename(ctx, { title: 'much too long' })).rejects.toMatchObject({
      code: 'VALIDATION',
      issues: [{ path: ['title'], message: 'must be at most 5 characters' }],
    });
    await expect(rename(ctx, { title: ' ' })).rejects.toMatchObject({
      issues: [{ path: ['title'], message: 'must not be blank' }],
    });
  });

  it('needs no viewer when its operation is public', async () => {
    const login = useCase('Mutation.login', { input: z.object({}), audit }, async () => 'welcome');
    expect(await login({ ...request, viewer: null }, {})).toBe('welcome');
  });

  it('passes the services that its work declares', async () => {
    const now = new Date();
    const stop = useCase(
      'Mutation.stopReply',
      { input: z.object({}), audit },
      async ({ clock }: Scope & Pick<Services, 'clock'>) => clock(),
    );
    expect(await stop({ ...request, viewer: viewer('USER'), clock: () => now }, {})).toBe(now);
  });

  it('has the name of its operation and whether it accepts an idempotencyKey', () => {
    expect([rename.operation, rename.isIdempotent]).toEqual(['Mutation.renameConversation', false]);
    const send = useCase(
      'Mutation.sendMessage',
      { input: z.object({}), isIdempotent: true, audit },
      async (_scope, input) => input,
    );
    expect(send.isIdempotent).toBe(true);
  });

  it('checks the idempotencyKey if one is declared', async () => {
    const ctx = { ...request, viewer: viewer('USER') };
    const create = useCase(
      'Mutation.createConversation',
      { input: z.object({ title: z.string() }), isIdempotent: true, audit },
      async ({ createOnce, transact }) => transact((tx) => createOnce(tx, async () => 'made')),
    );
    expect(await create(ctx, { title: 'a' })).toBe('made');
    await expect(create(ctx, { title: 'a', idempotencyKey: 'x'.repeat(256) })).rejects.toMatchObject({
      issues: [{ path: ['idempotencyKey'], message: 'must be at most 255 characters' }],
    });
  });

  it('records only the acts that it declares, each as an act of the viewer', async () => {
    const end = (action: AuditAction) =>
      useCase('Mutation.endSession', { input: z.object({}), audit: ['session.ended'] }, async ({ record }) =>
        record({ sql }, action, { target: { type: 'Session', id: 'ended' } }),
      )({ ...request, viewer: viewer('USER') }, {});
    const statements: unknown[][] = [];
    const sql = async (_text: string, values: readonly unknown[] = []) => (statements.push([...values]), []);

    await end('session.ended');
    expect(statements).toEqual([
      expect.arrayContaining(['tenant', 'user', 'session.ended', 'Session', 'ended', 'request', '192.0.2.1']),
    ]);
    await expect(end('session.started')).rejects.toThrow('does not declare');
    expect(statements).toHaveLength(1);
  });
});
