import type {
  AgentKind,
  DiscussionStage,
  ExecutionStatus,
  StepStatus,
} from '../../generated/prisma/enums.ts';

/**
 * Every log and every event, in one table. The `type` of an event with `Event` behind it is its GraphQL type;
 * ids are row ids, money is micro-dollars as a string.
 */
export const conversationLog = (conversationId: string) => `conversation:${conversationId}`;
export const executionLog = (executionId: string) => `execution:${executionId}`;
/** Requests and decisions of a tenant, for those who may decide. */
export const approvalsLog = (tenantId: string) => `approvals:${tenantId}`;
/** What the worker of a run or of a conversation's replies is told, on whatever process it is. */
export const signalsLog = (subjectId: string) => `signals:${subjectId}`;

export type ConversationEventData =
  | { type: 'MessageDelta'; messageId: string; attempt: number; offset: number; text: string }
  | { type: 'MessageAttemptDiscarded'; messageId: string; attempt: number; reason: string }
  | { type: 'MessageCompleted'; messageId: string }
  | { type: 'StageChanged'; from: DiscussionStage; to: DiscussionStage }
  | { type: 'ProposalsReady'; proposalIds: string[] }
  /** Shown to nobody: it ends the streams of a log that is erased. */
  | { type: 'ConversationDeleted' };

export type ExecutionEventData =
  | { type: 'AgentToken'; stepKey: string; agent: AgentKind; attempt: number; offset: number; text: string }
  | { type: 'AttemptDiscarded'; stepKey: string; attempt: number; reason: string }
  | { type: 'ExecutionStatus'; status: ExecutionStatus; progress: number }
  | {
      type: 'StepStatus';
      stepKey: string;
      status: StepStatus;
      attempt: number;
      progress: number;
      costMicros: string;
      message: string | null;
    }
  | { type: 'ApprovalRequested'; approvalId: string }
  | { type: 'ApprovalDecided'; approvalId: string }
  | { type: 'ExecutionEnded'; executionId: string };

export interface ApprovalsEventData {
  approvalId: string;
}

export type SignalData = { type: 'cancel' } | { type: 'decided'; stepKey: string };

/** Joins two pieces of the same text that wait to be written; anything else stands alone. */
export function mergeChunks(first: unknown, second: unknown): unknown {
  const a = first as Partial<Piece>;
  const b = second as Partial<Piece>;
  const sameText =
    (a.type === 'AgentToken' || a.type === 'MessageDelta') &&
    a.type === b.type &&
    a.stepKey === b.stepKey &&
    a.messageId === b.messageId &&
    a.attempt === b.attempt;
  if (!sameText || (a.text?.length ?? 0) > MAX_MERGED_LENGTH) return undefined;
  return { ...a, text: `${a.text}${b.text}` };
}

/** In UTF-16 units; keeps an event far below any transport's limit. */
const MAX_MERGED_LENGTH = 4_096;

interface Piece {
  type: string;
  stepKey: string;
  messageId: string;
  attempt: number;
  text: string;
}
