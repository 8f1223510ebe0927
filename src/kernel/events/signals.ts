import { logKind } from '../../core/event-log/log.ts';

/** What the worker of a run or of a conversation's replies is told, in whatever process it is. */
export type Signal = { type: 'cancel' } | { type: 'decided'; stepKey: string };

/** By the id of the run or of the conversation. */
export const signalsLog = logKind<Signal>('signals');
