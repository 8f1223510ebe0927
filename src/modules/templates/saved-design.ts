import { z } from 'zod';
import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import { NotFoundError } from '../../errors.ts';
import type { Tx } from '../../infra/database.ts';
import { rowId } from '../../kernel/input.ts';
import { designSchema } from '../designs/design.ts';
import type { TemplateSource } from './content.ts';
import { inputsFor, templateInputs } from './inputs.ts';

/** Strict, because a `rowId` takes everything, also nothing. */
export const savedSource = z.union([
  z.strictObject({ proposalId: rowId }),
  z.strictObject({ executionId: rowId }),
]);

/**
 * The design of an own proposal or run, with its inputs. A run of a template gives what the template was, without the
 * values of that run, which may be private. Errors: NotFoundError; ValidationError for placeholders that can be no
 * inputs.
 */
export async function savedDesign(
  tx: Pick<Tx, 'prisma'>,
  viewer: Viewer,
  source: z.output<typeof savedSource>,
): Promise<TemplateSource> {
  if ('proposalId' in source) {
    const where = { id: source.proposalId, ...changeable('DesignProposal', viewer) };
    const proposal = await tx.prisma.designProposal.findFirst({ where, select: { design: true } });
    if (!proposal) throw new NotFoundError('Your proposal');
    return withPlaceholders(proposal.design);
  }
  const where = { id: source.executionId, ...changeable('PipelineExecution', viewer) };
  const select = { design: true, templateSource: true };
  const run = await tx.prisma.pipelineExecution.findFirst({ where, select });
  if (!run) throw new NotFoundError('Your run');
  return run.templateSource === null ? withPlaceholders(run.design) : stored.parse(run.templateSource);
}

function withPlaceholders(design: unknown): TemplateSource {
  const parsed = designSchema.parse(design);
  return { design: parsed, inputs: inputsFor(parsed) };
}

const stored = z.object({ design: designSchema, inputs: templateInputs });
