import { z } from 'zod';
import { cleanText } from '../../core/prompt-safety/clean-text.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { Conversation, Message } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { authorize } from '../../access/authorize.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { Context } from '../../kernel/context.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { withIdempotencyKey } from '../../kernel/idempotency.ts';
import {
  contextObject,
  idempotencyKey,
  inspectText,
  isVisible,
  parseInput,
  promptText,
  storedText,
} from '../../kernel/input.ts';
import { waitForEvent } from '../../kernel/events/log-stream.ts';
import { checkBudget } from '../usage/service.ts';
import { conversationLog } from './events.ts';
import { ownedBy } from './policy.ts';

export async function createConversation(
  ctx: Context,
  input: CreateConversationInput,
): Promise<Conversation> {
  const viewer = authorize(ctx, 'Mutation.createConversation');
  const request = parseInput(createConversationInput, input);
  return ctx.database.transact(async (tx) => {
    const id = await withIdempotencyKey(tx, viewer, 'createConversation', request, async () => {
      const created = await tx.prisma.conversation.create({
        data: {
          ...ownedBy(viewer),
          title: request.title ?? UNTITLED,
          context: request.context ?? undefined,
        },
      });
      return created.id;
    });
    const made = await tx.prisma.conversation.findFirst({ where: { id, ...ownedBy(viewer) } });
    if (made) return made;
    throw new ConflictError('The conversation that this idempotencyKey made was deleted. Use a new key.');
  });
}

export async function renameConversation(
  ctx: Context,
  input: RenameConversationInput,
): Promise<Conversation> {
  const viewer = authorize(ctx, 'Mutation.renameConversation');
  const { conversationId: id, title } = parseInput(renameConversationInput, input);
  return ctx.database.transact(async (tx) => {
    await ownConversation(tx, viewer, id);
    return tx.prisma.conversation.update({ where: { id }, data: { title } });
  });
}

/** Deletes the conversation with its messages, proposals and events; its runs and its bill stay. */
export async function deleteConversation(
  ctx: Context,
  { conversationId: id }: { conversationId: string },
): Promise<void> {
  const viewer = authorize(ctx, 'Mutation.deleteConversation');
  await ctx.database.transact(async (tx) => {
    await lockConversation(tx, viewer, id);
    const openRun = await tx.prisma.pipelineExecution.findFirst({
      where: { conversationId: id, finishedAt: null },
    });
    if (openRun) {
      const current = { type: 'PipelineExecution', id: openRun.id };
      throw new ConflictError(
        'A run of this conversation is still open. Cancel it, or wait for its end.',
        current,
      );
    }
    tx.append(signalsLog(id), { type: 'cancel' });
    tx.append(conversationLog(id), { type: 'ConversationDeleted' });
    await tx.prisma.conversation.delete({ where: { id } });
    await tx.erase(conversationLog(id));
  });
}

/**
 * Adds the user's message and the reply to it, which a worker then writes. While another reply is under way,
 * `whenBusy` decides: REJECT refuses, ENQUEUE waits for its turn, INTERRUPT stops whatever is under way.
 */
export async function sendMessage(ctx: Context, input: SendMessageInput): Promise<SentMessage> {
  const viewer = authorize(ctx, 'Mutation.sendMessage');
  const request = parseInput(sendMessageInput, input);
  const { text, notices } = inspectText(request.content);

  return ctx.database.transact(async (tx) => {
    const replyId = await withIdempotencyKey(tx, viewer, 'sendMessage', request, async () => {
      const conversation = await lockConversation(tx, viewer, request.conversationId);
      await checkBudget(ctx, tx, viewer, 1n, 'Another reply');
      const busy = await applyWhenBusy(tx, conversation, request.whenBusy, ctx.clock());
      const position = await lastPosition(tx, conversation.id);
      const common = { tenantId: viewer.tenantId, conversationId: conversation.id };
      await tx.prisma.message.create({
        data: {
          ...common,
          position: position + 1,
          role: 'USER',
          status: 'COMPLETE',
          content: text,
          notices,
          context: request.context ?? undefined,
          finishedAt: ctx.clock(),
        },
      });
      const reply = await tx.prisma.message.create({
        data: { ...common, position: position + 2, role: 'ASSISTANT', status: busy ? 'QUEUED' : 'STREAMING' },
      });
      await tx.prisma.conversation.update({
        where: { id: conversation.id },
        data: { updatedAt: ctx.clock() },
      });
      await tx.send('reply', conversation.id);
      return reply.id;
    });
    const reply = await tx.prisma.message.findFirst({
      where: { id: replyId, conversation: ownedBy(viewer) },
    });
    if (!reply) throw new NotFoundError('The conversation'); // deleted since the key was first used
    const userMessage = await tx.prisma.message.findUniqueOrThrow({
      where: {
        conversationId_position: { conversationId: reply.conversationId, position: reply.position - 1 },
      },
    });
    return { userMessage, reply };
  });
}

/** Stops a reply: a waiting one at once, one under way as soon as its worker has closed the provider's stream. */
export async function stopReply(ctx: Context, input: { messageId: string }): Promise<Message> {
  const viewer = authorize(ctx, 'Mutation.stopReply');
  const reply = await ctx.database.prisma.message.findFirst({
    where: { id: input.messageId, conversation: ownedBy(viewer) },
  });
  if (!reply) throw new NotFoundError('The message');
  const log = conversationLog(reply.conversationId);
  const { head } = await ctx.eventLog.state(log);

  const stopping = await ctx.database.transact(async (tx) => {
    await lockConversation(tx, viewer, reply.conversationId);
    const current = await tx.prisma.message.findUniqueOrThrow({ where: { id: reply.id } });
    if (current.status === 'COMPLETE' || current.status === 'FAILED') {
      throw new ConflictError('The message has already ended.', { type: 'Message', id: reply.id });
    }
    if (current.status !== 'CANCELLED') await cancelReplies(tx, [current], ctx.clock());
    return current.status === 'STREAMING';
  });

  if (stopping) {
    await waitForEvent(ctx, log, head, STOP_WAIT_MS, (event) => {
      return event.type === 'MessageCompleted' && event.messageId === reply.id;
    });
  }
  return ctx.database.prisma.message.findUniqueOrThrow({ where: { id: reply.id } });
}

/** The viewer's own conversation. Errors: NotFoundError, also for somebody else's. */
export async function ownConversation(
  tx: Pick<Tx, 'prisma'>,
  viewer: Viewer,
  id: string,
): Promise<Conversation> {
  const conversation = await tx.prisma.conversation.findFirst({ where: { id, ...ownedBy(viewer) } });
  if (!conversation) throw new NotFoundError('The conversation');
  return conversation;
}

/** The same, with its row locked: everything that changes a conversation's course goes through this lock. */
export async function lockConversation(tx: Tx, viewer: Viewer, id: string): Promise<Conversation> {
  await tx.sql('SELECT id FROM conversations WHERE id = $1 FOR UPDATE', [id]);
  return ownConversation(tx, viewer, id);
}

/** The replies that are not done yet, oldest first. */
export function openReplies(tx: Pick<Tx, 'prisma'>, conversationId: string): Promise<Message[]> {
  return tx.prisma.message.findMany({
    where: { conversationId, status: { in: ['STREAMING', 'QUEUED'] } },
    orderBy: { position: 'asc' },
  });
}

/** Whether the new reply must wait for others. */
async function applyWhenBusy(
  tx: Tx,
  conversation: Conversation,
  whenBusy: WhenBusy,
  now: Date,
): Promise<boolean> {
  const open = await openReplies(tx, conversation.id);
  const [first] = open;
  if (!first) return false;
  if (whenBusy === 'INTERRUPT') await cancelReplies(tx, open, now);
  else if (whenBusy === 'REJECT' || open.length > MAX_QUEUED_REPLIES) {
    const advice = whenBusy === 'REJECT' ? 'or send with whenBusy ENQUEUE or INTERRUPT' : 'and send again';
    throw new ConflictError(`A reply is still under way. Wait for its end, ${advice}.`, {
      type: 'Message',
      id: first.id,
    });
  }
  return open.some((reply) => reply.status === 'STREAMING') || whenBusy === 'ENQUEUE';
}

/** Ends those that wait; asks the worker to end the one under way. */
async function cancelReplies(tx: Tx, replies: Message[], now: Date): Promise<void> {
  for (const reply of replies) {
    if (reply.status === 'QUEUED') {
      await tx.prisma.message.update({
        where: { id: reply.id },
        data: { status: 'CANCELLED', finishedAt: now },
      });
      tx.append(conversationLog(reply.conversationId), { type: 'MessageCompleted', messageId: reply.id });
    } else {
      await tx.prisma.message.update({ where: { id: reply.id }, data: { cancelRequestedAt: now } });
      tx.append(signalsLog(reply.conversationId), { type: 'cancel' });
      await tx.send('reply', reply.conversationId);
    }
  }
}

async function lastPosition(tx: Tx, conversationId: string): Promise<number> {
  const { _max } = await tx.prisma.message.aggregate({ where: { conversationId }, _max: { position: true } });
  return _max.position ?? 0;
}

export const UNTITLED = 'New conversation';
const MAX_QUEUED_REPLIES = 10;
const STOP_WAIT_MS = 2_000;

const title = storedText
  .trim()
  .max(200, 'must be at most 200 characters')
  .refine(isVisible, 'must not be blank')
  .transform((text) => cleanText(text).text.trim());

const createConversationInput = z.object({ title: title.nullish(), context: contextObject, idempotencyKey });
const renameConversationInput = z.object({ conversationId: z.string(), title });
const sendMessageInput = z.object({
  conversationId: z.string(),
  content: promptText,
  context: contextObject,
  whenBusy: z.enum(['REJECT', 'ENQUEUE', 'INTERRUPT']).default('REJECT'),
  idempotencyKey,
});

export type CreateConversationInput = z.input<typeof createConversationInput>;
export type RenameConversationInput = z.input<typeof renameConversationInput>;
export type SendMessageInput = z.input<typeof sendMessageInput>;
export type WhenBusy = z.output<typeof sendMessageInput>['whenBusy'];

export interface SentMessage {
  userMessage: Message;
  reply: Message;
}
