import { logKind } from '../../core/event-log/log.ts';

/** A message to the worker of a run or of a conversation, from any process. */
export type Signal = { type: 'cancel' } | { type: 'decided'; approvalId: string };

/** The log of signals, by the id of the run or of the conversation. */
export const signalsLog = logKind<Signal>('signals');
