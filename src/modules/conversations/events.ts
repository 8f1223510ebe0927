import { logKind } from '../../core/event-log/log.ts';
import type { DiscussionStage } from '../../generated/prisma/enums.ts';
import { mergeText } from '../../kernel/events/merge-text.ts';

/** What happens in a conversation. With `Event` behind it, a `type` is the event's GraphQL type; ids are row ids. */
export type ConversationEvent =
  | { type: 'MessageDelta'; messageId: string; attempt: number; offset: number; text: string }
  | { type: 'MessageAttemptDiscarded'; messageId: string; attempt: number; reason: string }
  | { type: 'MessageCompleted'; messageId: string }
  | { type: 'StageChanged'; from: DiscussionStage; to: DiscussionStage }
  | { type: 'ProposalsReady'; proposalIds: string[] }
  /** Shown to nobody: it ends the streams of a log that is erased. */
  | { type: 'ConversationDeleted' };

export const conversationLog = logKind<ConversationEvent>('conversation');

/** Joins pieces of one attempt that wait to be written. */
export function mergeDeltas(
  first: ConversationEvent,
  second: ConversationEvent,
): ConversationEvent | undefined {
  if (first.type !== 'MessageDelta' || second.type !== 'MessageDelta') return undefined;
  const isSameText = first.messageId === second.messageId && first.attempt === second.attempt;
  return isSameText ? mergeText(first, second) : undefined;
}
