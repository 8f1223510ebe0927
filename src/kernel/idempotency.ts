import { createHash } from 'node:crypto';
import { ConflictError } from '../errors.ts';
import type { Tx } from '../infra/database.ts';
import type { Viewer } from '../access/viewer.ts';

/**
 * Runs `create` once per idempotencyKey of a viewer. Repeated requests return the id that the first one created. The
 * key is stored in the transaction of the effect: concurrent requests lock the row of the key, and the later one waits
 * for the first. Without a key, always runs `create`.
 * Errors: ConflictError when the key was used with a different input.
 */
export async function withIdempotencyKey(
  tx: Tx,
  viewer: Viewer,
  operation: string,
  input: { idempotencyKey?: string | null },
  create: () => Promise<string>,
): Promise<string> {
  const { idempotencyKey: key, ...body } = input;
  if (!key) return create();
  const id = { userId: viewer.userId, operation, key };
  const fingerprint = createHash('sha256').update(canonicalJson(body)).digest('hex');

  const [fresh] = await tx.sql(
    `INSERT INTO idempotency_keys (user_id, operation, key, fingerprint, result_id)
     VALUES ($1, $2, $3, $4, '') ON CONFLICT DO NOTHING RETURNING key`,
    [viewer.userId, operation, key, fingerprint],
  );
  if (!fresh) {
    const earlier = await tx.prisma.idempotencyKey.findUniqueOrThrow({ where: { userId_operation_key: id } });
    if (earlier.fingerprint === fingerprint) return earlier.resultId;
    throw new ConflictError(
      'IDEMPOTENCY_KEY_REUSED',
      'This idempotencyKey was used with a different input. Use a new key for a new request.',
    );
  }
  const resultId = await create();
  await tx.prisma.idempotencyKey.update({ where: { userId_operation_key: id }, data: { resultId } });
  return resultId;
}

/** JSON with sorted keys and without nulls, so that equal inputs give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return String(inner);
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    const members = Object.entries(inner).filter(([, member]) => member !== null);
    return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
