import { z } from 'zod';
import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import { NotFoundError } from '../../errors.ts';
import type { Tx } from '../../infra/database.ts';
import { rowId } from '../../kernel/input.ts';
import { type Design, designSchema } from '../designs/design.ts';

/** One of both. */
export const templateSource = z.object({ proposalId: rowId.nullish(), executionId: rowId.nullish() });

/** The design of an own proposal or run. Errors: NotFoundError. */
export async function savedDesign(
  tx: Pick<Tx, 'prisma'>,
  viewer: Viewer,
  source: z.output<typeof templateSource>,
): Promise<Design> {
  const select = { design: true };
  if (source.proposalId != null) {
    const where = { id: source.proposalId, ...changeable('DesignProposal', viewer) };
    const proposal = await tx.prisma.designProposal.findFirst({ where, select });
    if (!proposal) throw new NotFoundError('The proposal');
    return designSchema.parse(proposal.design);
  }
  const where = { id: source.executionId ?? '', ...changeable('PipelineExecution', viewer) };
  const run = await tx.prisma.pipelineExecution.findFirst({ where, select });
  if (!run) throw new NotFoundError('The run');
  return designSchema.parse(run.design);
}
