import { z } from 'zod';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { Conversation, DesignProposal } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import { rowId } from '../../kernel/input.ts';
import { useCase } from '../../kernel/use-case.ts';
import { openReplies } from '../conversations/replies.ts';
import { lockConversation } from '../conversations/service.ts';
import { conversationLog } from '../conversations/events.ts';
import { pathToConfirmation, pathToSelection, type Stage } from './engine/machine.ts';

const proposalInput = z.object({ proposalId: rowId });

/** Selects one of the current proposals. The selection can be changed at any time. */
export const selectProposal = useCase(
  'Mutation.selectProposal',
  { input: proposalInput, audit: { none: 'A choice within a conversation, which shows it.' } },
  ({ viewer, transact }, { proposalId }) =>
    transact(async (tx) => {
      const { conversation, proposal } = await lockIdleConversation(tx, viewer, proposalId);
      await checkCurrent(tx, proposal);
      const stages = pathToSelection(conversation.stage);
      if (!proposal.selected) await exchangeSelection(tx, proposal);
      return { conversation: await enterStages(tx, conversation, stages) };
    }),
);

/** Confirms the selected proposal, which `executePipeline` can then run. */
export const confirmProposal = useCase(
  'Mutation.confirmProposal',
  { input: proposalInput, audit: { none: 'A choice within a conversation, which shows it.' } },
  ({ viewer, transact }, { proposalId }) =>
    transact(async (tx) => {
      const { conversation, proposal } = await lockIdleConversation(tx, viewer, proposalId);
      const stages = pathToConfirmation(conversation.stage, proposal.selected);
      return { conversation: await enterStages(tx, conversation, stages) };
    }),
);

async function exchangeSelection(tx: Tx, { id, conversationId }: DesignProposal): Promise<void> {
  await tx.prisma.designProposal.updateMany({ where: { conversationId }, data: { selected: false } });
  await tx.prisma.designProposal.update({ where: { id }, data: { selected: true } });
  tx.append(conversationLog(conversationId), { type: 'ConversationChanged', conversationId });
}

/** Moves a conversation through `stages` and appends an event for each. */
export async function enterStages(
  tx: Tx,
  conversation: Conversation,
  stages: Stage[],
): Promise<Conversation> {
  if (stages.length === 0) return conversation;
  let from = conversation.stage;
  for (const to of stages) {
    tx.append(conversationLog(conversation.id), { type: 'StageChanged', from, to });
    from = to;
  }
  return tx.prisma.conversation.update({ where: { id: conversation.id }, data: { stage: from } });
}

/** Locks the conversation of a proposal. Errors: ConflictError while a reply is in progress. */
async function lockIdleConversation(tx: Tx, viewer: Viewer, proposalId: string) {
  const found = await tx.prisma.designProposal.findFirst({
    where: { id: proposalId, ...changeable('DesignProposal', viewer) },
    select: { conversationId: true },
  });
  if (!found) throw new NotFoundError('The proposal');
  const conversation = await lockConversation(tx, viewer, found.conversationId);
  const [reply] = await openReplies(tx, conversation.id);
  if (reply) {
    const message =
      'A reply is in progress and may change the proposals. Wait until it ends, or call stopReply.';
    throw new ConflictError('BUSY', message, { type: 'Message', id: reply.id });
  }
  const proposal = await tx.prisma.designProposal.findUniqueOrThrow({ where: { id: proposalId } });
  return { conversation, proposal };
}

async function checkCurrent(tx: Tx, proposal: DesignProposal): Promise<void> {
  const newer = await tx.prisma.designProposal.findFirst({
    where: {
      conversationId: proposal.conversationId,
      strategy: proposal.strategy,
      version: { gt: proposal.version },
    },
    orderBy: { version: 'desc' },
  });
  if (!newer) return;
  const message = `This is version ${proposal.version}; version ${newer.version} has replaced it. Select that one.`;
  throw new ConflictError('STALE_VERSION', message, { type: 'DesignProposal', id: newer.id });
}
