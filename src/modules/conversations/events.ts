import { logKind } from '../../core/event-log/log.ts';
import type { DiscussionStage, ProposalStrategy } from '../../generated/prisma/enums.ts';
import { mergeText } from '../../kernel/events/merge-text.ts';

/** What happens in a conversation. With `Event` behind it, a `type` is the event's GraphQL type; ids are row ids. */
export type ConversationEvent =
  | { type: 'MessageAdded'; messageId: string }
  | { type: 'ConversationChanged'; conversationId: string }
  | {
      type: 'ReplyProgress';
      messageId: string;
      activity: ReplyActivity;
      /** The design that it is about, where it is about one. */
      strategy: ProposalStrategy | null;
    }
  | { type: 'ProposalReady'; proposalId: string }
  | { type: 'MessageDelta'; messageId: string; attempt: number; offset: number; text: string }
  | { type: 'MessageAttemptDiscarded'; messageId: string; attempt: number; reason: string }
  | { type: 'MessageCompleted'; messageId: string }
  | { type: 'StageChanged'; from: DiscussionStage; to: DiscussionStage }
  /** Shown to nobody: it ends the streams of a log that is erased. */
  | { type: 'ConversationDeleted' };

/** What the engine does before the first word of a reply. */
export type ReplyActivity = 'READING' | 'DESIGNING' | 'CRITIQUING' | 'WRITING';

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
