import type { Claim } from '../../../core/claims/claim-keeper.ts';
import type { Conversation, Message } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { FencedWriter } from '../../../kernel/work/fenced-writer.ts';
import { type ConversationEvent, conversationLog } from '../../conversations/events.ts';
import { textInLog } from '../../conversations/snapshot.ts';
import type { Payer } from '../../usage/budget.ts';
import { bookAbandonedCalls } from '../../usage/open-calls.ts';

/**
 * Takes the next reply of a conversation: the streaming one, else the oldest queued one. Null when none is left. Counts
 * the claim as stalled until the reply makes progress.
 */
export async function takeNextReply(
  services: Pick<Services, 'database' | 'writer'>,
  conversationId: string,
  claim: Claim,
): Promise<ClaimedReply | null> {
  const log = new FencedWriter(services, conversationLog(conversationId), claim.fence);
  return log.write(async (tx) => {
    await tx.sql('SELECT id FROM conversations WHERE id = $1 FOR UPDATE', [conversationId]);
    const found = await tx.prisma.message.findFirst({
      where: { conversationId, status: { in: ['STREAMING', 'QUEUED'] } },
      orderBy: { position: 'asc' },
      include: { conversation: true },
    });
    if (!found) return null;
    const { conversation, ...message } = found;
    await tx.prisma.message.update({
      where: { id: message.id },
      data: { status: 'STREAMING', stalledClaims: { increment: 1 } },
    });
    const userMessage = await tx.prisma.message.findUniqueOrThrow({
      where: { conversationId_position: { conversationId, position: message.position - 1 } },
    });
    const { plan } = await tx.prisma.user.findUniqueOrThrow({ where: { id: conversation.ownerId } });
    const { tenantId, ownerId: userId } = conversation;
    const { id: messageId, apiKeyId } = message;
    const payer = { tenantId, userId, plan, apiKeyId, conversationId, messageId };
    return { message, conversation, userMessage, payer, log };
  });
}

/** Books the calls that earlier workers of the reply have left behind, with what they have written into the log. */
export async function bookAbandonedReply(
  services: Pick<Services, 'database' | 'eventLog' | 'spending' | 'logger'>,
  { message: { id, attempt: attempts }, conversation }: ClaimedReply,
): Promise<void> {
  if (attempts === 0) return;
  await bookAbandonedCalls(services, { messageId: id }, async ({ attempt }) =>
    attempt === null ? '' : textInLog(services.eventLog, { id, conversationId: conversation.id, attempt }),
  );
}

/** A reply whose conversation this worker has claimed, with its rows as of the claim. */
export interface ClaimedReply {
  readonly message: Readonly<Message>;
  readonly conversation: Readonly<Conversation>;
  /** The user's message that it answers. */
  readonly userMessage: Readonly<Message>;
  readonly payer: Payer;
  readonly log: FencedWriter<ConversationEvent>;
}
