import type { DesignProposal } from '../../generated/prisma/client.ts';
import { STRATEGIES } from './proposal.ts';

/** The current version of each strategy, in the order in which they are shown. */
export function currentProposals<Row extends Pick<DesignProposal, 'strategy' | 'version'>>(
  rows: Row[],
): Row[] {
  return STRATEGIES.flatMap((strategy) => {
    const versions = rows.filter((row) => row.strategy === strategy);
    return versions.length === 0 ? [] : [versions.reduce((a, b) => (a.version > b.version ? a : b))];
  });
}
