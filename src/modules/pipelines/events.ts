import type { LogKind } from '../../core/event-log/log.ts';
import type { ExecutionStatus, StepStatus } from '../../generated/prisma/enums.ts';
import { mergeText } from '../../kernel/events/merge-text.ts';
import { type ApprovalEvent, executionApprovalsLog } from '../approvals/events.ts';
import type { AgentKind } from '../designs/agent-kinds.ts';

/**
 * The events of a run. The GraphQL type of an event is named `<type>Event`; ids are row ids, money is micro-dollars
 * as a string.
 */
export type ExecutionEvent =
  | { type: 'AgentToken'; stepKey: string; agent: AgentKind; attempt: number; offset: number; text: string }
  | { type: 'AttemptDiscarded'; stepKey: string; attempt: number; reason: string }
  | { type: 'ExecutionStatus'; status: ExecutionStatus; progress: number }
  | {
      type: 'StepStatus';
      executionId: string;
      stepKey: string;
      status: StepStatus;
      attempt: number;
      progress: number;
      costMicros: string;
      /** Reason why the step failed or was skipped. */
      reason: string | null;
    }
  | ApprovalEvent
  | { type: 'ExecutionEnded'; executionId: string };

/** The log of a run, by run id. */
export const executionLog: LogKind<ExecutionEvent> = executionApprovalsLog;

/** Merges chunks of the same attempt that wait to be written. */
export function mergeTokens(first: ExecutionEvent, second: ExecutionEvent): ExecutionEvent | undefined {
  if (first.type !== 'AgentToken' || second.type !== 'AgentToken') return undefined;
  const isSameText = first.stepKey === second.stepKey && first.attempt === second.attempt;
  return isSameText ? mergeText(first, second) : undefined;
}
