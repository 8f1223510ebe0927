import { logKind } from '../../core/event-log/log.ts';

/** The events of approval requests. Each is written to the log of the tenant's approvals and to that of the run. */
export type ApprovalEvent =
  | { type: 'ApprovalRequested'; approvalId: string }
  | { type: 'ApprovalDecided'; approvalId: string };

/** The log of a tenant's approvals, by tenant id. */
export const approvalsLog = logKind<ApprovalEvent>('approvals');

/** The log of a run, by run id. Typed with the approval events only; the pipelines module knows all of its events. */
export const executionApprovalsLog = logKind<ApprovalEvent>('execution');
