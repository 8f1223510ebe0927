import { logKind } from '../../core/event-log/log.ts';
import type { DiscussionStage, ProposalStrategy } from '../../generated/prisma/enums.ts';
import { mergeText } from '../../kernel/events/merge-text.ts';

/** The events of a conversation. The GraphQL type of an event is named `<type>Event`; ids are row ids. */
export type ConversationEvent =
  | { type: 'MessageAdded'; messageId: string }
  | { type: 'ConversationChanged'; conversationId: string }
  | {
      type: 'ReplyProgress';
      messageId: string;
      activity: ReplyActivity;
      /** Strategy of the design concerned, if there is one. */
      strategy: ProposalStrategy | null;
    }
  | { type: 'ProposalReady'; proposalId: string }
  | { type: 'MessageDelta'; messageId: string; attempt: number; offset: number; text: string }
  | { type: 'MessageAttemptDiscarded'; messageId: string; attempt: number; reason: string }
  | { type: 'MessageCompleted'; messageId: string }
  | { type: 'StageChanged'; from: DiscussionStage; to: DiscussionStage }
  /** Internal: ends the streams of an erased log. */
  | { type: 'ConversationDeleted' };

/** Activity of the engine while it prepares a reply. */
export type ReplyActivity = 'READING' | 'DESIGNING' | 'CRITIQUING' | 'WRITING';

export const conversationLog = logKind<ConversationEvent>('conversation');

/** Merges chunks of the same attempt that wait to be written. */
export function mergeDeltas(
  first: ConversationEvent,
  second: ConversationEvent,
): ConversationEvent | undefined {
  if (first.type !== 'MessageDelta' || second.type !== 'MessageDelta') return undefined;
  const isSameText = first.messageId === second.messageId && first.attempt === second.attempt;
  return isSameText ? mergeText(first, second) : undefined;
}
