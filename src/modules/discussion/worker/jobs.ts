import type { ClaimKeeper } from '../../../core/claims/claim-keeper.ts';
import { ClaimWorker } from '../../../core/claims/claim-worker.ts';
import { withoutLiveClaim } from '../../../core/claims/claims.ts';
import type { Services } from '../../../kernel/context.ts';
import { conversationLog } from '../../conversations/events.ts';
import { workOnReplies } from './reply-worker.ts';

/** The worker that writes replies. Its subjects are conversations. */
export function replyWorker(services: Services, claims: ClaimKeeper): ClaimWorker {
  return new ClaimWorker({
    claims,
    concurrency: 200,
    claimId: conversationLog,
    findWork: () => conversationsWithWork(services),
    work: (conversationId, claim, signal) => workOnReplies(services, conversationId, claim, signal),
    onError: (error, conversationId) =>
      services.logger.error({ err: error, conversationId }, 'reply worker failed; will retry'),
  });
}

/** Conversations that have an unfinished reply and no live claim. */
async function conversationsWithWork({ database }: Services): Promise<string[]> {
  const rows = await database.sql<{ id: string }>(
    `SELECT DISTINCT message.conversation_id AS id FROM messages message
     WHERE message.status IN ('STREAMING', 'QUEUED')
       AND ${withoutLiveClaim(conversationLog, 'message.conversation_id')}
     ORDER BY 1 LIMIT 500`,
  );
  return rows.map(({ id }) => id);
}
