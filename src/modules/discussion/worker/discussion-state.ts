import type { DesignProposal } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { designSchema } from '../../designs/design.ts';
import { usualSteps } from '../../designs/usual-steps.ts';
import { currentProposals, type KnownProposal, storedCritiqueSchema } from '../engine/proposal.ts';
import type { DiscussionState } from '../engine/turn.ts';
import type { ClaimedReply } from './claimed-reply.ts';

/** Loads the engine's input for a turn. `proposals` are all versions of the designs of the conversation. */
export async function discussionState(
  services: Pick<Services, 'database' | 'router'>,
  reply: ClaimedReply,
  proposals: DesignProposal[],
): Promise<DiscussionState> {
  const context = contextOf(reply);
  const language = context?.['language'];
  const catalog = await services.router.catalogFor(reply.payer);
  return {
    stage: reply.conversation.stage,
    memory: reply.conversation,
    proposals: currentProposals(proposals).map(knownProposal),
    messages: await messagesBefore(services, reply),
    text: reply.userMessage.content,
    context,
    language: typeof language === 'string' ? language : null,
    catalog: {
      models: catalog.list().filter((model) => model.available),
      defaultModel: catalog.find(),
    },
    usualSteps: await usualSteps(services.database.sql, reply.conversation.tenantId),
  };
}

/** The context from the user's application: of this message, else of the conversation. */
export function contextOf({ userMessage, conversation }: ClaimedReply): DiscussionState['context'] {
  return (userMessage.context ?? conversation.context) as DiscussionState['context'];
}

/**
 * The latest messages before the user message, oldest first, as many as fit the model's context. A reply that was
 * stopped counts with the text that the person has seen.
 */
export async function messagesBefore(
  { database }: Pick<Services, 'database'>,
  { conversation, userMessage }: ClaimedReply,
): Promise<DiscussionState['messages']> {
  const latest = await database.prisma.message.findMany({
    where: {
      conversationId: conversation.id,
      position: { lt: userMessage.position },
      status: { in: ['COMPLETE', 'CANCELLED'] },
      content: { not: '' },
    },
    orderBy: { position: 'desc' },
    take: MAX_MESSAGES,
  });
  const fitting: DiscussionState['messages'][number][] = [];
  let length = 0;
  for (const { role, status, content } of latest) {
    length += content.length;
    if (length > MAX_MESSAGES_LENGTH) break;
    const isStopped = status === 'CANCELLED';
    fitting.unshift({ role: role === 'USER' ? 'USER' : 'ASSISTANT', content, isStopped });
  }
  return fitting;
}

function knownProposal(row: DesignProposal): KnownProposal {
  const { strategy, title, summary, source, changes, selected, estimatedCostMicros, estimatedSeconds } = row;
  return {
    strategy,
    title,
    summary,
    source,
    changes,
    selected,
    estimatedCostMicros,
    estimatedSeconds,
    design: designSchema.parse(row.design),
    critique: storedCritiqueSchema.parse(row.critique),
  };
}

const MAX_MESSAGES = 40;
/** In UTF-16 code units. About 8,000 tokens. */
const MAX_MESSAGES_LENGTH = 32_000;
