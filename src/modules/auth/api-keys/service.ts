import { z } from 'zod';
import { assertPermission } from '../../../access/authorize.ts';
import { type Permission, PERMISSIONS } from '../../../access/permissions.ts';
import { apiKeyIdOf, type Viewer } from '../../../access/viewer.ts';
import { changeable } from '../../../access/visibility.ts';
import { ConflictError, NotFoundError, ValidationError, type ValidationIssue } from '../../../errors.ts';
import type { Tx } from '../../../infra/database.ts';
import { rowId, storedName } from '../../../kernel/input.ts';
import { useCase } from '../../../kernel/use-case.ts';
import { lockAccount } from '../accounts/lock-account.ts';
import { newApiKey } from './api-key.ts';
import { revokeKey } from './revocation.ts';

export const MAX_KEY_NAME_LENGTH = 100;
export const MAX_ACTIVE_KEYS = 50;

const createApiKeyInput = z.object({
  name: storedName(MAX_KEY_NAME_LENGTH),
  permissions: z.array(z.enum(PERMISSIONS)).max(PERMISSIONS.length),
  expiresAt: z.date().nullish(),
  costLimit: z.bigint().nonnegative('must not be negative').nullish(),
});

/**
 * Creates a key and returns it once. A key that is created with a key has at most the permissions, the lifetime and the
 * limit of that one.
 */
export const createApiKey = useCase(
  'Mutation.createApiKey',
  { input: createApiKeyInput, audit: ['api-key.created'] },
  async ({ viewer, transact, record }, { name, permissions, expiresAt = null, costLimit = null }) => {
    const { secret, prefix, keyHash } = newApiKey();
    const request = { permissions: [...new Set(permissions)], expiresAt, costLimitMicros: costLimit };
    const apiKey = await transact(async (tx) => {
      await lockAccount(tx, viewer);
      await checkRequest(tx, viewer, request);
      await checkNumber(tx, viewer);
      const { tenantId, userId } = viewer;
      const createdByKeyId = viewer.credential.kind === 'API_KEY' ? viewer.credential.id : null;
      const created = await tx.prisma.apiKey.create({
        data: { tenantId, userId, name, prefix, keyHash, createdByKeyId, ...request },
      });
      const detail = { permissions: request.permissions };
      await record(tx, 'api-key.created', { target: { type: 'ApiKey', id: created.id }, detail });
      return created;
    });
    return { apiKey, secret };
  },
);

/**
 * Revokes a key at once, with those that were created with it. Revoking it again changes nothing. People need no
 * permission to revoke a key of their own, so that somebody who became a GUEST can; API keys need API_KEY_MANAGE.
 */
export const revokeApiKey = useCase(
  'Mutation.revokeApiKey',
  { input: z.object({ apiKeyId: rowId }), audit: ['api-key.revoked'] },
  async ({ viewer, transact, record }, { apiKeyId: id }) => {
    if (apiKeyIdOf(viewer) !== null) assertPermission(viewer, 'API_KEY_MANAGE', 'revokeApiKey');
    return transact(async (tx) => {
      const found = await tx.prisma.apiKey.findFirst({ where: { id, ...changeable('ApiKey', viewer) } });
      if (!found) throw new NotFoundError('The API key');
      const detail = { owner: { type: 'User', id: found.userId } } as const;
      for (const revokedId of await revokeKey(tx, found))
        await record(tx, 'api-key.revoked', { target: { type: 'ApiKey', id: revokedId }, detail });
      return { apiKey: await tx.prisma.apiKey.findUniqueOrThrow({ where: { id } }) };
    });
  },
);

/** Errors: ValidationError. */
async function checkRequest(tx: Tx, viewer: Viewer, request: KeyRequest): Promise<void> {
  const issues: ValidationIssue[] = [];
  const missing = request.permissions.filter((permission) => !viewer.permissions.has(permission));
  if (missing.length > 0) {
    const message = `must be among your own permissions, but you do not have ${missing.join(', ')}`;
    issues.push({ code: 'NOT_ALLOWED', path: ['permissions'], message });
  }
  const { expiresAt } = request;
  if (expiresAt && !(await isFuture(tx, expiresAt))) {
    issues.push({ code: 'OUT_OF_RANGE', path: ['expiresAt'], message: 'must be in the future' });
  }
  if (viewer.credential.kind === 'API_KEY') issues.push(...(await beyondCreator(tx, viewer, request)));
  if (issues.length > 0) throw new ValidationError(issues);
}

async function beyondCreator(tx: Tx, viewer: Viewer, request: KeyRequest): Promise<ValidationIssue[]> {
  const creator = await tx.prisma.apiKey.findUniqueOrThrow({ where: { id: viewer.credential.id } });
  const issues: ValidationIssue[] = [];
  if (creator.expiresAt && !(request.expiresAt && request.expiresAt <= creator.expiresAt)) {
    const message = 'must not be later than that of the API key that creates it';
    issues.push({ code: 'NOT_ALLOWED', path: ['expiresAt'], message });
  }
  const { costLimitMicros: limit } = creator;
  if (limit !== null && !(request.costLimitMicros !== null && request.costLimitMicros <= limit)) {
    const message = 'must not be higher than that of the API key that creates it';
    issues.push({ code: 'NOT_ALLOWED', path: ['costLimit'], message });
  }
  return issues;
}

/** The lock on the account makes concurrent requests count one after the other. */
async function checkNumber(tx: Tx, { userId }: Viewer): Promise<void> {
  const [{ active } = { active: 0 }] = await tx.sql<{ active: number }>(
    `SELECT count(*)::int AS active FROM api_keys
     WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [userId],
  );
  if (active < MAX_ACTIVE_KEYS) return;
  throw new ConflictError(
    'WRONG_STATE',
    `You have ${active} valid API keys, the most that an account can have. Revoke one with revokeApiKey first.`,
  );
}

async function isFuture({ sql }: Pick<Tx, 'sql'>, time: Date): Promise<boolean> {
  const [row] = await sql<{ future: boolean }>('SELECT $1::timestamptz > now() AS future', [time]);
  return row?.future === true;
}

interface KeyRequest {
  permissions: Permission[];
  expiresAt: Date | null;
  costLimitMicros: bigint | null;
}
