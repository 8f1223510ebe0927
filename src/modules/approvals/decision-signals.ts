import type { Credential } from '../../access/viewer.ts';

/** Tells other services about decisions, once they are stored. A signal may be lost: only the row says what was decided. */
export interface DecisionSignals {
  /** Returns at once. Never throws. */
  send(decision: SignalledDecision): void;
}

export interface SignalledDecision {
  approvalId: string;
  executionId: string;
  decision: 'APPROVE' | 'REJECT' | 'REVISE';
  comment: string | null;
  /** Who decided, as their credential names them. */
  decidedBy: Credential['claims'];
}

/** For a server that tells nobody. */
export const NO_SIGNALS: DecisionSignals = { send: () => {} };

declare module '../../kernel/context.ts' {
  interface Services {
    decisionSignals: DecisionSignals;
  }
}
