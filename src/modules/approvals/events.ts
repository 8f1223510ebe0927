import { logKind } from '../../core/event-log/log.ts';

/** What happens to a request. It is told to the tenant's deciders and in the log of the run that asks. */
export type ApprovalEvent =
  | { type: 'ApprovalRequested'; approvalId: string }
  | { type: 'ApprovalDecided'; approvalId: string };

/** By tenant. */
export const approvalsLog = logKind<ApprovalEvent>('approvals');

/** By run: its log, of whose events only these are known here; the pipelines module has all of them. */
export const executionApprovalsLog = logKind<ApprovalEvent>('execution');
