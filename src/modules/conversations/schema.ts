import { ConflictError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import { BudgetExceededError } from '../usage/errors.ts';
import { DiscussionStage, MessageRole, MessageStatus } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { ExecutionErrorRef } from '../../schema-kit/execution-error.ts';
import { DateTimeRangeInput, OrderDirectionRef, within, oneOf } from '../../schema-kit/filters.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import type { Context } from '../../kernel/context.ts';
import type { ExecutionErrorData } from '../../kernel/execution-error.ts';
import { MAX_CONTEXT_LENGTH, MAX_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { containing, pageIn } from '../../kernel/pagination.ts';
import { messageCounts, messagePages, totalsOf } from './loaders.ts';
import { readableBy } from './policy.ts';
import {
  MAX_TITLE_LENGTH,
  createConversation,
  deleteConversation,
  renameConversation,
  sendMessage,
  stopReply,
} from './service.ts';

export const DiscussionStageRef = builder.enumType('DiscussionStage', {
  description: 'How far the discussion of a design has come.',
  values: {
    [DiscussionStage.UNDERSTAND]: { description: 'Finding out what is needed.' },
    [DiscussionStage.DESIGN]: { description: 'Three designs are being made.' },
    [DiscussionStage.PRESENT]: { description: 'Three proposals are on the table.' },
    [DiscussionStage.DEBATE]: { description: 'Talking about the proposals.' },
    [DiscussionStage.REFINE]: { description: 'A proposal is being changed.' },
    [DiscussionStage.CONFIRM]: { description: 'A proposal is selected and waits to be confirmed.' },
    [DiscussionStage.PLAN]: { description: 'Confirmed: it can be run with `executePipeline`.' },
  },
});

const MessageRoleRef = builder.enumType('MessageRole', {
  description: 'Whose message it is.',
  values: {
    [MessageRole.USER]: { description: 'The person’s.' },
    [MessageRole.ASSISTANT]: { description: 'The discussion engine’s.' },
    [MessageRole.SYSTEM]: { description: 'A notice of the system.' },
  },
});

const MessageStatusRef = builder.enumType('MessageStatus', {
  description: 'Where a message stands. COMPLETE, FAILED and CANCELLED are final.',
  values: {
    [MessageStatus.QUEUED]: { description: 'A reply that waits for the one before it.' },
    [MessageStatus.STREAMING]: { description: 'A reply under way: its text comes by `conversationEvents`.' },
    [MessageStatus.COMPLETE]: { description: 'The whole text stands.' },
    [MessageStatus.FAILED]: { description: 'No reply; `error` says why.' },
    [MessageStatus.CANCELLED]: { description: 'Stopped; what was written by then stands.' },
  },
});

export const MessageRef = node('Message', {
  description: 'One message of a conversation.',
  visibleTo: (viewer) => ({ conversation: readableBy(viewer) }),
  fields: (t) => ({
    role: t.expose('role', { type: MessageRoleRef, description: 'Whose message it is.' }),
    content: t.exposeString('content', {
      description:
        'The text, Markdown in replies. Empty while a reply streams; a snapshot holds the text so far.',
    }),
    attempt: t.exposeInt('attempt', {
      description:
        'The attempt that `content` belongs to. Rises when a reply starts again, from 1; 0 for a user’s message.',
    }),
    status: t.expose('status', { type: MessageStatusRef, description: 'Where it stands.' }),
    notices: t.exposeStringList('notices', {
      description: 'What was removed from the text, or found suspicious in it.',
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars that this reply has cost; 0 for a person’s message.',
      resolve: (message, _args, ctx) => messageCost(ctx, message),
    }),
    error: t.field({
      type: ExecutionErrorRef,
      nullable: true,
      description: 'Why a reply FAILED.',
      resolve: (message) => message.error as ExecutionErrorData | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent, or asked for.' }),
  }),
});

export const MessageConnection = connection(MessageRef, 'Message');

export const ConversationRef = node('Conversation', {
  description: 'A discussion that ends in a design, with the memory of what was agreed.',
  visibleTo: readableBy,
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Given, or made from the need.' }),
    stage: t.expose('stage', { type: DiscussionStageRef, description: 'How far the discussion has come.' }),
    agreedRequirements: t.exposeStringList('agreedRequirements', {
      description: 'What was agreed, oldest first.',
    }),
    openQuestions: t.exposeStringList('openQuestions', { description: 'What is still to be answered.' }),
    preferences: t.exposeStringList('preferences', { description: 'What the person likes and dislikes.' }),
    cost: t.field({
      type: 'Decimal',
      description: 'Dollars that its messages have cost; its runs have their own.',
      resolve: (conversation, _args, ctx) => conversationCost(ctx, conversation),
    }),
    messages: t.prismaConnection(
      {
        type: MessageRef,
        cursor: 'id',
        description: 'Its messages, oldest first.',
        args: { role: t.arg({ type: MessageRoleRef, description: 'Only messages of this role.' }) },
        totalCount: async (conversation, { role }, ctx) =>
          (await messageCounts(ctx).load(conversation.id))(role),
        resolve: (query, conversation, { role }, ctx) =>
          messagePages(ctx).load({ parentId: conversation.id, filter: role, ...pageIn(query) }),
      },
      ...MessageConnection,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When something last changed in it.' }),
  }),
});

const WhenBusyRef = builder.enumType('WhenBusy', {
  description: 'What to do while another reply is under way.',
  values: {
    REJECT: { description: 'Refuse with ConflictError.' },
    ENQUEUE: { description: 'Reply after it; at most 10 wait.' },
    INTERRUPT: { description: 'Stop it and all that wait, then reply.' },
  },
});

const contextDescription = `What your application knows (activeApp, pathname, language …); at most ${MAX_CONTEXT_LENGTH} characters of JSON. Data for the model, never instructions.`;

const ConversationFilterInput = builder.inputType('ConversationFilter', {
  description: 'Conditions that all hold.',
  fields: (t) => ({
    search: t.string({ description: 'Title contains this text, in upper or lower case.' }),
    stages: t.field({ type: [DiscussionStageRef], description: 'Stage is one of these.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Created in this span of time.' }),
  }),
});

const ConversationOrderFieldRef = builder.enumType('ConversationOrderField', {
  description: 'What conversations are ordered by.',
  values: {
    CREATED_AT: { description: 'Time of creation.' },
    UPDATED_AT: { description: 'Time of the last change.' },
  } as const,
});

const ConversationOrderInput = builder.inputType('ConversationOrder', {
  description: 'Order of a list of conversations.',
  fields: (t) => ({
    field: t.field({
      type: ConversationOrderFieldRef,
      required: true,
      defaultValue: 'UPDATED_AT',
      description: 'What to order by.',
    }),
    direction: t.field({
      type: OrderDirectionRef,
      required: true,
      defaultValue: 'DESC',
      description: 'Ascending or descending.',
    }),
  }),
});

queryOne('conversation', {
  model: 'Conversation',
  visibleTo: readableBy,
  description: 'One conversation. Null when it does not exist or is not visible to you.',
});

queryList('conversations', {
  model: 'Conversation',
  connection: connection(ConversationRef, 'Conversation'),
  visibleTo: readableBy,
  description: 'Conversations that are visible to you, the most recently changed first.',
  args: (t) => ({
    filter: t.arg({ type: ConversationFilterInput, description: 'Left out: all.' }),
    orderBy: t.arg({ type: ConversationOrderInput, description: 'Left out: UPDATED_AT, DESC.' }),
  }),
  cursor: 'updatedAt_id',
  filter: ({ filter }) => ({
    title: filter?.search ? containing(filter.search) : undefined,
    stage: oneOf(filter?.stages),
    createdAt: within(filter?.createdAt),
  }),
  order: ({ orderBy }) => ({
    by: orderBy?.field === 'CREATED_AT' ? 'id' : 'updatedAt',
    direction: orderBy?.direction ?? 'DESC',
  }),
});

mutation(createConversation, {
  description: 'Creates a conversation.',
  success: { conversation: { type: ConversationRef, description: 'The new conversation.' } },
  errors: [ConflictError],
  input: (t) => ({
    title: t.string({
      description: `At most ${MAX_TITLE_LENGTH} characters; left out: made from the first need.`,
    }),
    context: t.field({ type: 'JSONObject', description: contextDescription }),
  }),
});

mutation(renameConversation, {
  description: 'Gives a conversation of yours another title.',
  success: { conversation: { type: ConversationRef, description: 'The conversation with its new title.' } },
  errors: [NotFoundError],
  input: (t) => ({
    conversationId: t.id({ required: true, description: 'Id of the conversation.' }),
    title: t.string({ required: true, description: `1 to ${MAX_TITLE_LENGTH} characters.` }),
  }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(deleteConversation, {
  description:
    'Deletes a conversation of yours with its messages and proposals; its runs and what they cost stay.',
  success: {
    deletedId: { type: 'ID', idOf: 'Conversation', description: 'The id that the conversation had.' },
  },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({ conversationId: t.id({ required: true, description: 'Id of the conversation.' }) }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(sendMessage, {
  description:
    'Says something in a conversation of yours. The reply is written by a worker: watch `conversationEvents`.',
  success: {
    userMessage: { type: MessageRef, description: 'The user’s message.' },
    reply: {
      type: MessageRef,
      description: 'The reply, STREAMING or QUEUED; its text arrives by `conversationEvents`.',
    },
  },
  errors: [NotFoundError, ConflictError, UnsafeInputError, BudgetExceededError],
  input: (t) => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    content: t.string({
      required: true,
      description: `The text; not blank, at most ${MAX_PROMPT_LENGTH} characters.`,
    }),
    context: t.field({ type: 'JSONObject', description: contextDescription }),
    whenBusy: t.field({
      type: WhenBusyRef,
      required: true,
      defaultValue: 'REJECT',
      description: 'What to do while another reply is under way.',
    }),
  }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(stopReply, {
  description:
    'Stops a reply. What it has written stays; what it has cost is settled. A stopped reply stays so.',
  success: { reply: { type: MessageRef, description: 'The reply, which is CANCELLED or about to be.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({ messageId: t.id({ required: true, description: 'Id of the reply.' }) }),
  decodeIds: (input) => ({ ...input, messageId: decodeId(input.messageId, 'Message') }),
});

async function conversationCost(ctx: Context, conversation: { id: string }): Promise<bigint> {
  return (await totalsOf(ctx).load(conversation.id)).costMicros;
}

async function messageCost(ctx: Context, message: { id: string; conversationId: string }): Promise<bigint> {
  const totals = await totalsOf(ctx).load(message.conversationId);
  return totals.messages.get(message.id) ?? 0n;
}
