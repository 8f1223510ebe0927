import { z } from 'zod';
import type { ModelTask } from '../../../core/llm/language-model.ts';
import type { ConversationEvent, ReplyActivity } from '../../conversations/events.ts';
import { ProposalStrategy } from '../../../generated/prisma/enums.ts';
import { CRITIQUE } from '../engine/critic.ts';
import { DESIGN, REFINE } from '../engine/designer.ts';
import { READ } from '../engine/read-message.ts';
import { REPLY_TASK } from '../engine/reply.ts';

/** The progress event for the start of a model call. Null for a call that is not shown as progress. */
export function progressOf(messageId: string, task: ModelTask): ConversationEvent | null {
  const activity = ACTIVITIES.get(task.name);
  if (!activity) return null;
  const { data } = designOf.safeParse(task.metadata);
  const strategy = data?.strategy ?? data?.draft?.strategy ?? null;
  return { type: 'ReplyProgress', messageId, activity, strategy };
}

const ACTIVITIES = new Map<string, ReplyActivity>([
  [READ.name, 'READING'],
  [DESIGN.name, 'DESIGNING'],
  [REFINE.name, 'DESIGNING'],
  [CRITIQUE.name, 'CRITIQUING'],
  [REPLY_TASK, 'WRITING'],
]);

/** The design that a call is about, in the metadata of its task: a new design, or an existing draft. */
const strategy = z.enum(ProposalStrategy).optional();
const designOf = z.object({ strategy, draft: z.object({ strategy }).optional() });
