import type { Tx } from '../../infra/database.ts';
import type { Services } from '../../kernel/context.ts';
import type { Departure } from '../../kernel/departure.ts';
import { cancelReplies, openReplies } from './replies.ts';
import { eraseConversation } from './service.ts';

/** Stops the open replies of a user who has left; then passes the conversations to the successor, or deletes them. */
export async function settleConversations(services: Services, departure: Departure): Promise<boolean> {
  const owned = { tenantId: departure.tenantId, ownerId: departure.userId };
  const replying = await idsOf(services, {
    ...owned,
    messages: { some: { ...OPEN, cancelRequestedAt: null } },
  });
  await forEach(services, replying, async (tx, id) => {
    const open = await openReplies(tx, id);
    const going = open.filter(({ cancelRequestedAt }) => cancelRequestedAt === null);
    await cancelReplies(tx, going, services.clock());
  });
  if (departure.successorId !== null) {
    await passOn(services, departure, departure.successorId);
  } else {
    // A conversation whose reply or run is still ending waits for a later call.
    const isQuiet = { messages: { none: OPEN }, executions: { none: { finishedAt: null } } };
    await forEach(services, await idsOf(services, { ...owned, ...isQuiet }), eraseConversation);
  }
  return (await services.database.prisma.conversation.count({ where: owned })) === 0;
}

/**
 * Not through Prisma, which would set updated_at. A conversation whose reply was started meanwhile waits until that is
 * stopped.
 */
async function passOn(
  { database }: Services,
  { userId, tenantId }: Departure,
  ownerId: string,
): Promise<void> {
  await database.sql(
    `UPDATE conversations SET owner_id = $3 WHERE owner_id = $1 AND tenant_id = $2 AND NOT EXISTS (
       SELECT FROM messages WHERE conversation_id = conversations.id
         AND status IN ('STREAMING', 'QUEUED') AND cancel_requested_at IS NULL)`,
    [userId, tenantId, ownerId],
  );
}

async function idsOf({ database }: Services, where: object): Promise<string[]> {
  const found = await database.prisma.conversation.findMany({ where, select: { id: true }, take: BATCH });
  return found.map(({ id }) => id);
}

/** One transaction for each conversation, under its lock. */
async function forEach(
  { database }: Services,
  ids: readonly string[],
  work: (tx: Tx, id: string) => Promise<void>,
): Promise<void> {
  for (const id of ids) {
    await database.transact(async (tx) => {
      const [locked] = await tx.sql('SELECT id FROM conversations WHERE id = $1 FOR UPDATE', [id]);
      if (locked) await work(tx, id);
    });
  }
}

const OPEN = { status: { in: ['STREAMING' as const, 'QUEUED' as const] } };
const BATCH = 100;
