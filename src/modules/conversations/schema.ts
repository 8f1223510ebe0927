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
import { NoticeRef } from '../../schema-kit/notice.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import type { Context } from '../../kernel/context.ts';
import type { ExecutionErrorData } from '../../kernel/execution-error.ts';
import { MAX_CONTEXT_LENGTH, MAX_PROMPT_LENGTH } from '../../kernel/limits.ts';
import type { Notice } from '../../kernel/notice.ts';
import { containing, pageIn } from '../../kernel/reads/pagination.ts';
import { messageCounts, messagePages, totalsOf } from './loaders.ts';
import {
  MAX_TITLE_LENGTH,
  createConversation,
  deleteConversation,
  renameConversation,
  sendMessage,
  stopReply,
} from './service.ts';

export const DiscussionStageRef = builder.enumType('DiscussionStage', {
  description: 'Stage of the discussion of a design.',
  values: {
    [DiscussionStage.UNDERSTAND]: { description: 'The requirements are being clarified.' },
    [DiscussionStage.DESIGN]: { description: 'Three designs are being created.' },
    [DiscussionStage.PRESENT]: { description: 'Three proposals have been presented.' },
    [DiscussionStage.DEBATE]: { description: 'The proposals are being discussed.' },
    [DiscussionStage.REFINE]: { description: 'A proposal is being changed.' },
    [DiscussionStage.CONFIRM]: { description: 'A proposal is selected and awaits confirmation.' },
    [DiscussionStage.PLAN]: { description: 'A proposal is confirmed and can be run with `executePipeline`.' },
  },
});

const MessageRoleRef = builder.enumType('MessageRole', {
  description: 'Author of a message.',
  values: {
    [MessageRole.USER]: { description: 'The user who owns the conversation.' },
    [MessageRole.ASSISTANT]: { description: 'The discussion engine.' },
  },
});

const MessageStatusRef = builder.enumType('MessageStatus', {
  description: 'Status of a message. COMPLETE, FAILED and CANCELLED are final.',
  values: {
    [MessageStatus.QUEUED]: { description: 'The reply waits for the previous one to end.' },
    [MessageStatus.STREAMING]: {
      description: 'The reply is being written. `conversationEvents` streams its text.',
    },
    [MessageStatus.COMPLETE]: { description: 'The text is complete.' },
    [MessageStatus.FAILED]: { description: 'The reply failed. `error` contains the reason.' },
    [MessageStatus.CANCELLED]: { description: 'The reply was stopped. The text written so far is kept.' },
  },
});

export const MessageRef = node('Message', {
  description: 'A message of a conversation.',
  fields: (t) => ({
    role: t.expose('role', { type: MessageRoleRef, description: 'Author of the message.' }),
    content: t.exposeString('content', {
      description:
        'Text of the message; Markdown for replies. Empty while a reply is being written, except in snapshots, which contain the text so far.',
    }),
    attempt: t.exposeInt('attempt', {
      description: 'Number of the attempt that wrote `content`, counted from 1. 0 for messages of the user.',
    }),
    status: t.expose('status', { type: MessageStatusRef, description: 'Current status.' }),
    notices: t.field({
      type: [NoticeRef],
      description:
        'Notices about the text: what was removed or looks suspicious. For a reply: what was created without a model.',
      resolve: (message) => message.notices as Notice[],
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Cost of the reply in US dollars. 0 for messages of the user.',
      resolve: (message, _args, ctx) => messageCost(ctx, message),
    }),
    error: t.field({
      type: ExecutionErrorRef,
      nullable: true,
      description: 'Reason why the reply failed. Null unless the status is FAILED.',
      resolve: (message) => message.error as ExecutionErrorData | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the message was created.' }),
  }),
});

export const MessageConnection = connection(MessageRef, 'Message');

export const ConversationRef = node('Conversation', {
  description: 'A discussion between a user and the discussion engine, which results in a design.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Title set by the user or generated from the request.' }),
    stage: t.expose('stage', { type: DiscussionStageRef, description: 'Current stage of the discussion.' }),
    agreedRequirements: t.exposeStringList('agreedRequirements', {
      description: 'Requirements that the user has agreed to, oldest first.',
    }),
    openQuestions: t.exposeStringList('openQuestions', {
      description: 'Questions that the user has not answered.',
    }),
    preferences: t.exposeStringList('preferences', {
      description: 'Preferences that the user has expressed.',
    }),
    cost: t.field({
      type: 'Decimal',
      description: 'Cost of all replies in US dollars, without runs.',
      resolve: (conversation, _args, ctx) => conversationCost(ctx, conversation),
    }),
    messages: t.prismaConnection(
      {
        type: MessageRef,
        cursor: 'id',
        description: 'Messages of the conversation, oldest first.',
        args: { role: t.arg({ type: MessageRoleRef, description: 'Return only messages with this role.' }) },
        totalCount: async (conversation, { role }, ctx) =>
          (await messageCounts(ctx).load(conversation.id))(role),
        resolve: (query, conversation, { role }, ctx) =>
          messagePages(ctx).load({ parentId: conversation.id, filter: role, ...pageIn(query) }),
      },
      ...MessageConnection,
    ),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'Time when the conversation was created.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Time of the last change.' }),
  }),
});

const WhenBusyRef = builder.enumType('WhenBusy', {
  description: 'Behavior of `sendMessage` while another reply is in progress.',
  values: {
    REJECT: { description: 'Return ConflictError.' },
    ENQUEUE: { description: 'Reply after it. At most 10 replies can be queued.' },
    INTERRUPT: { description: 'Stop it and all queued replies, then reply.' },
  },
});

const contextDescription = `Context from your application, such as activeApp, pathname or language; at most ${MAX_CONTEXT_LENGTH} characters of JSON. The model treats it as data, never as instructions.`;

const ConversationFilterInput = builder.inputType('ConversationFilter', {
  description: 'Filter for conversations. All conditions must match.',
  fields: (t) => ({
    search: t.string({ description: 'Text that the title contains. Not case-sensitive.' }),
    stages: t.field({ type: [DiscussionStageRef], description: 'Stages to include.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Time range of creation.' }),
  }),
});

const ConversationOrderFieldRef = builder.enumType('ConversationOrderField', {
  description: 'Sort field of a list of conversations.',
  values: {
    CREATED_AT: { description: 'Time of creation.' },
    UPDATED_AT: { description: 'Time of the last change.' },
  } as const,
});

const ConversationOrderInput = builder.inputType('ConversationOrder', {
  description: 'Sort order of a list of conversations.',
  fields: (t) => ({
    field: t.field({
      type: ConversationOrderFieldRef,
      required: true,
      defaultValue: 'UPDATED_AT',
      description: 'Field to sort by.',
    }),
    direction: t.field({
      type: OrderDirectionRef,
      required: true,
      defaultValue: 'DESC',
      description: 'Sort direction.',
    }),
  }),
});

queryOne('conversation', {
  model: 'Conversation',
  description: 'Conversation with the given id. Null when it does not exist or is not visible to you.',
});

queryList('conversations', {
  model: 'Conversation',
  connection: connection(ConversationRef, 'Conversation'),
  description: 'Conversations that are visible to you.',
  args: (t) => ({
    filter: t.arg({ type: ConversationFilterInput, description: 'Conditions to match. Default: none.' }),
    orderBy: t.arg({
      type: ConversationOrderInput,
      description: 'Sort order. Default: most recently changed first.',
    }),
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
      description: `Title, at most ${MAX_TITLE_LENGTH} characters. Default: generated from the first request.`,
    }),
    context: t.field({ type: 'JSONObject', description: contextDescription }),
  }),
});

mutation(renameConversation, {
  description: 'Changes the title of one of your conversations.',
  success: { conversation: { type: ConversationRef, description: 'The conversation with its new title.' } },
  errors: [NotFoundError],
  input: (t) => ({
    conversationId: t.id({ required: true, description: 'Id of the conversation.' }),
    title: t.string({ required: true, description: `New title, 1 to ${MAX_TITLE_LENGTH} characters.` }),
  }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(deleteConversation, {
  description:
    'Deletes one of your conversations with its messages and proposals. Its runs and all costs are kept.',
  success: {
    deletedId: { type: 'ID', idOf: 'Conversation', description: 'Id of the deleted conversation.' },
  },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({ conversationId: t.id({ required: true, description: 'Id of the conversation.' }) }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(sendMessage, {
  description:
    'Sends a message in one of your conversations. The reply is written asynchronously: subscribe to `conversationEvents` to receive it.',
  success: {
    userMessage: { type: MessageRef, description: 'The user’s message.' },
    reply: {
      type: MessageRef,
      description: 'The reply, with status STREAMING or QUEUED.',
    },
  },
  errors: [NotFoundError, ConflictError, UnsafeInputError, BudgetExceededError],
  input: (t) => ({
    conversationId: t.id({ required: true, description: 'Id of the conversation.' }),
    content: t.string({
      required: true,
      description: `Text of the message, not blank, at most ${MAX_PROMPT_LENGTH} characters.`,
    }),
    context: t.field({ type: 'JSONObject', description: contextDescription }),
    whenBusy: t.field({
      type: WhenBusyRef,
      required: true,
      defaultValue: 'REJECT',
      description: 'What to do while another reply is in progress.',
    }),
  }),
  decodeIds: (input) => ({ ...input, conversationId: decodeId(input.conversationId, 'Conversation') }),
});

mutation(stopReply, {
  description:
    'Stops a reply. The text written so far is kept and its cost is charged. Stopping a stopped reply has no effect.',
  success: { reply: { type: MessageRef, description: 'The reply, CANCELLED or about to be.' } },
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
