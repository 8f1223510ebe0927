import { z } from 'zod';
import { apiKeyIdOf, type Viewer } from '../../access/viewer.ts';
import { changeable, ownedBy } from '../../access/visibility.ts';
import { cleanText } from '../../core/prompt-safety/clean-text.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { Conversation } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import { recordFindings } from '../../kernel/audit/audit.ts';
import type { Services } from '../../kernel/context.ts';
import { waitForEvent } from '../../kernel/events/log-stream.ts';
import {
  maxCharacters,
  contextObject,
  inspectText,
  isVisible,
  NOT_BLANK,
  promptText,
  rowId,
  storedText,
} from '../../kernel/input.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { type BudgetContext, checkBudget } from '../usage/service.ts';
import { signalsLog } from '../../kernel/events/signals.ts';
import { conversationLog } from './events.ts';
import { applyWhenBusy, cancelReplies } from './replies.ts';

export const UNTITLED = 'New conversation';
export const MAX_TITLE_LENGTH = 200;
const STOP_WAIT_MS = 2_000;

const title = storedText
  .trim()
  .check(maxCharacters(MAX_TITLE_LENGTH))
  .refine(isVisible, NOT_BLANK)
  .transform((text) => cleanText(text).text.trim());

export const createConversation = useCase(
  'Mutation.createConversation',
  {
    input: z.object({ title: title.nullish(), context: contextObject }),
    isIdempotent: true,
    audit: {
      none: 'A new conversation is seen by its owner and the ADMINs only, and is in the list of both.',
    },
  },
  ({ viewer, transact, createOnce }, { title, context }) =>
    transact(async (tx) => {
      const id = await createOnce(tx, async () => {
        const created = await tx.prisma.conversation.create({
          data: { ...ownedBy(viewer), title: title ?? UNTITLED, context: context ?? undefined },
        });
        return created.id;
      });
      const where = { id, ...changeable('Conversation', viewer) };
      const conversation = await tx.prisma.conversation.findFirst({ where });
      if (conversation) return { conversation };
      throw new ConflictError(
        'WRONG_STATE',
        'The conversation that this idempotencyKey made was deleted. Use a new key.',
      );
    }),
);

export const renameConversation = useCase(
  'Mutation.renameConversation',
  { input: z.object({ conversationId: rowId, title }), audit: { none: 'A title changes no rights.' } },
  ({ viewer, transact }, { conversationId: id, title }) =>
    transact(async (tx) => {
      const conversation = await ownConversation(tx, viewer, id);
      if (conversation.title === title) return { conversation };
      tx.append(conversationLog(id), { type: 'ConversationChanged', conversationId: id });
      return { conversation: await tx.prisma.conversation.update({ where: { id }, data: { title } }) };
    }),
);

/** Deletes the conversation with its messages, proposals and events. Its runs and ledger entries are kept. */
export const deleteConversation = useCase(
  'Mutation.deleteConversation',
  { input: z.object({ conversationId: rowId }), audit: ['conversation.deleted'] },
  ({ viewer, transact, record }, { conversationId: id }) =>
    transact(async (tx) => {
      await lockConversation(tx, viewer, id);
      await assertNoOpenRun(tx, id);
      await eraseConversation(tx, id);
      await record(tx, 'conversation.deleted', { target: { type: 'Conversation', id } });
      return { deletedId: id };
    }),
);

/** Deletes the conversation with all that belongs to it. The caller has locked it. */
export async function eraseConversation(tx: Tx, id: string): Promise<void> {
  tx.append(signalsLog(id), { type: 'cancel' });
  tx.append(conversationLog(id), { type: 'ConversationDeleted' });
  await tx.prisma.conversation.delete({ where: { id } });
  await tx.erase(conversationLog(id));
}

const sendMessageInput = z.object({
  conversationId: rowId,
  content: promptText,
  context: contextObject,
  whenBusy: z.enum(['REJECT', 'ENQUEUE', 'INTERRUPT']).default('REJECT'),
});

/**
 * Adds the user's message and the reply to it, which a worker then writes. While another reply is in progress,
 * `whenBusy` decides: REJECT fails, ENQUEUE waits, INTERRUPT cancels all open replies.
 */
export const sendMessage = useCase(
  'Mutation.sendMessage',
  { input: sendMessageInput, isIdempotent: true, audit: ['injection.suspected', 'injection.refused'] },
  (ctx: Scope & BudgetContext, request) => {
    const { viewer } = ctx;
    return ctx.transact(async (tx) => {
      const replyId = await ctx.createOnce(tx, async () => {
        const conversation = await lockConversation(tx, viewer, request.conversationId);
        const content = inspectText(request.content);
        await checkBudget(ctx, tx, viewer, 1n, 'Another reply');
        const now = ctx.clock();
        await recordFindings((...act) => ctx.record(tx, ...act), content.notices, {
          type: 'Conversation',
          id: conversation.id,
        });
        const isBusy = await applyWhenBusy(tx, conversation, request.whenBusy, now);
        const apiKeyId = apiKeyIdOf(viewer);
        return addExchange(tx, conversation, { ...content, context: request.context, isBusy, apiKeyId, now });
      });
      return readExchange(tx, viewer, replyId);
    });
  },
);

/** Stops a reply: a queued one immediately, a streaming one when its worker has closed the provider's stream. */
export const stopReply = useCase(
  'Mutation.stopReply',
  {
    input: z.object({ messageId: rowId }),
    audit: { none: 'The conversation shows that the reply was stopped, by its owner.' },
  },
  async (
    { viewer, transact, database, clock, ...ctx }: Scope & Pick<Services, StopServices>,
    { messageId: id },
  ) => {
    const where = { id, ...changeable('Message', viewer) };
    const message = await database.prisma.message.findFirst({ where });
    if (!message) throw new NotFoundError('The message');
    const log = conversationLog(message.conversationId);
    const { head } = await ctx.eventLog.state(log);

    const isStopping = await transact(async (tx) => {
      await lockConversation(tx, viewer, message.conversationId);
      const current = await tx.prisma.message.findUniqueOrThrow({ where: { id } });
      if (current.status === 'COMPLETE' || current.status === 'FAILED') {
        throw new ConflictError('WRONG_STATE', 'The message has already ended.', { type: 'Message', id });
      }
      if (current.status !== 'CANCELLED') await cancelReplies(tx, [current], clock());
      return current.status === 'STREAMING';
    });

    if (isStopping) {
      await waitForEvent(ctx, log, head, STOP_WAIT_MS, (event) => {
        return event.type === 'MessageCompleted' && event.messageId === id;
      });
    }
    return { reply: await database.prisma.message.findUniqueOrThrow({ where: { id } }) };
  },
);

/** The viewer's own conversation. Errors: NotFoundError, also for somebody else's. */
export async function ownConversation(
  tx: Pick<Tx, 'prisma'>,
  viewer: Viewer,
  id: string,
): Promise<Conversation> {
  const where = { id, ...changeable('Conversation', viewer) };
  const conversation = await tx.prisma.conversation.findFirst({ where });
  if (!conversation) throw new NotFoundError('The conversation');
  return conversation;
}

/** Same as `ownConversation`, and locks the row. Every change of stage, proposals or replies takes this lock. */
export async function lockConversation(tx: Tx, viewer: Viewer, id: string): Promise<Conversation> {
  await tx.sql('SELECT id FROM conversations WHERE id = $1 AND tenant_id = $2 FOR UPDATE', [
    id,
    viewer.tenantId,
  ]);
  return ownConversation(tx, viewer, id);
}

async function assertNoOpenRun(tx: Tx, conversationId: string): Promise<void> {
  const run = await tx.prisma.pipelineExecution.findFirst({ where: { conversationId, finishedAt: null } });
  if (!run) return;
  const message = 'A run of this conversation is still open. Cancel it, or wait for its end.';
  throw new ConflictError('BUSY', message, { type: 'PipelineExecution', id: run.id });
}

/** Adds the user's message and the reply to it, and wakes the worker. Returns the id of the reply. */
async function addExchange(tx: Tx, conversation: Conversation, exchange: NewExchange): Promise<string> {
  const { text, notices, context, isBusy, apiKeyId, now } = exchange;
  const { id: conversationId, tenantId } = conversation;
  const position = await lastPosition(tx, conversationId);
  const message = await tx.prisma.message.create({
    data: {
      tenantId,
      conversationId,
      position: position + 1,
      role: 'USER',
      status: 'COMPLETE',
      content: text,
      notices,
      context: context ?? undefined,
      finishedAt: now,
    },
  });
  const status = isBusy ? 'QUEUED' : 'STREAMING';
  const reply = await tx.prisma.message.create({
    data: { tenantId, conversationId, position: position + 2, role: 'ASSISTANT', status, apiKeyId },
  });
  await tx.prisma.conversation.update({ where: { id: conversationId }, data: { updatedAt: now } });
  for (const { id: messageId } of [message, reply])
    tx.append(conversationLog(conversationId), { type: 'MessageAdded', messageId });
  await tx.send('reply', conversationId);
  return reply.id;
}

async function readExchange(tx: Tx, viewer: Viewer, replyId: string) {
  const reply = await tx.prisma.message.findFirst({
    where: { id: replyId, ...changeable('Message', viewer) },
  });
  if (!reply) throw new NotFoundError('The conversation'); // deleted since the key was first used
  const { conversationId, position } = reply;
  const userMessage = await tx.prisma.message.findUniqueOrThrow({
    where: { conversationId_position: { conversationId, position: position - 1 } },
  });
  return { userMessage, reply };
}

async function lastPosition(tx: Tx, conversationId: string): Promise<number> {
  const { _max } = await tx.prisma.message.aggregate({ where: { conversationId }, _max: { position: true } });
  return _max.position ?? 0;
}

type StopServices = 'database' | 'eventLog' | 'followers' | 'clock';
type SendMessageInput = z.output<typeof sendMessageInput>;

interface NewExchange {
  text: string;
  notices: Notice[];
  context: SendMessageInput['context'];
  isBusy: boolean;
  /** Of the sender; null: a person. */
  apiKeyId: string | null;
  now: Date;
}
