import type { Design } from '../designs/design.ts';
import type { ProposalStrategy } from '../../generated/prisma/enums.ts';
import type { Critique } from './critic.ts';

/** In the order in which they are shown and counted ("the second one"). */
export const STRATEGIES = ['SPEED', 'QUALITY', 'BALANCED'] as const satisfies readonly ProposalStrategy[];

export type Strategy = ProposalStrategy;

export interface Draft {
  strategy: Strategy;
  title: string;
  summary: string;
  design: Design;
  /** What is new since the version before; empty for a first one. */
  changes: string[];
}

export interface Proposal extends Draft {
  critique: Critique;
  estimatedCostMicros: bigint;
  estimatedSeconds: number;
}

export interface KnownProposal extends Proposal {
  selected: boolean;
}
