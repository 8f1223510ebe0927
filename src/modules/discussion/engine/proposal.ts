import { z } from 'zod';
import type { Design } from '../../designs/design.ts';
import type { DesignProposal } from '../../../generated/prisma/client.ts';
import type { ProposalStrategy } from '../../../generated/prisma/enums.ts';
import { tidy } from './memory.ts';

/** In the order in which they are shown and counted ("the second one"). */
export const STRATEGIES = ['SPEED', 'QUALITY', 'BALANCED'] as const satisfies readonly ProposalStrategy[];

export type Strategy = ProposalStrategy;

/** Who made it: the model, or the built-in rules because the model failed. What the OFFLINE provider writes is a model's. */
export const CONTENT_SOURCES = ['MODEL', 'BUILT_IN'] as const;

export type ContentSource = (typeof CONTENT_SOURCES)[number];

const sentences = z
  .array(z.string().transform((sentence) => tidy(sentence, 400)))
  .transform((list) => list.filter((sentence) => sentence !== '').slice(0, 5))
  .pipe(z.array(z.string()).min(1));

export const critiqueSchema = z.object({
  /** 1 to 10. */
  score: z
    .number()
    .min(1)
    .max(10)
    .transform((score) => Math.round(score)),
  strengths: sentences,
  weaknesses: sentences,
  suggestions: sentences,
});

/** As it is stored. */
export const storedCritiqueSchema = critiqueSchema.extend({ source: z.enum(CONTENT_SOURCES) });

/** The current version of each strategy, in the order in which they are shown. */
export function currentProposals<Row extends Pick<DesignProposal, 'strategy' | 'version'>>(
  rows: Row[],
): Row[] {
  return STRATEGIES.flatMap((strategy) => {
    const versions = rows.filter((row) => row.strategy === strategy);
    return versions.length === 0 ? [] : [versions.reduce((a, b) => (a.version > b.version ? a : b))];
  });
}

/** The review of a design. */
export type Critique = z.output<typeof critiqueSchema>;

export type StoredCritique = z.output<typeof storedCritiqueSchema>;

export interface Draft {
  strategy: Strategy;
  title: string;
  summary: string;
  design: Design;
  /** What is new since the version before; empty for a first one. */
  changes: string[];
}

export interface Proposal extends Draft {
  source: ContentSource;
  critique: StoredCritique;
  estimatedCostMicros: bigint;
  estimatedSeconds: number;
}

export interface KnownProposal extends Proposal {
  selected: boolean;
}
