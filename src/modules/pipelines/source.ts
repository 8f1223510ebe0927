import { z } from 'zod';
import { NotFoundError, ValidationError, type ValidationIssue } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import type { Services } from '../../kernel/context.ts';
import { checkDesign, type Design, designSchema } from '../designs/design.ts';
import { parseInput, rowId } from '../../kernel/input.ts';
import { ModelNotFoundError } from '../../core/llm/catalog.ts';

/** The source of a run's design: a proposal of the viewer's own conversation, or a design. */
export const pipelineSource = z.object({ proposalId: rowId.nullish(), design: z.unknown().optional() });

/**
 * Loads the design of a source and checks its graph and that its models are available.
 * Errors: ValidationError with paths below `source`, NotFoundError for a proposal that is not the viewer's.
 */
export async function designOf(
  { prisma, catalog }: { prisma: Pick<PrismaClient, 'designProposal'>; catalog: Services['catalog'] },
  viewer: Viewer,
  source: z.output<typeof pipelineSource>,
): Promise<SourcedDesign> {
  if (source.proposalId == null) {
    const input = z.object({ source: z.object({ design: designSchema }) });
    const { design } = parseInput(input, { source }).source;
    checkRunnable(design, catalog);
    return { design, agreed: null, proposal: null };
  }
  const proposal = await prisma.designProposal.findFirst({
    where: { id: source.proposalId, ...changeable('DesignProposal', viewer) },
    include: { conversation: { select: { agreedRequirements: true } } },
  });
  if (!proposal) throw new NotFoundError('The proposal');
  const design = designSchema.parse(proposal.design);
  checkRunnable(design, catalog);
  return { design, agreed: agreedIn(proposal), proposal };
}

/** The agreed requirements, of which the first is the user's request; without any, the title and summary. */
function agreedIn({ title, summary, conversation }: AgreedProposal): string {
  const { agreedRequirements } = conversation;
  return (agreedRequirements.length > 0 ? agreedRequirements : [title, summary]).join('\n');
}

function checkRunnable(design: Design, catalog: Services['catalog']): void {
  const issues = [...checkDesign(design), ...checkModels(design, catalog)];
  if (issues.length > 0) {
    throw new ValidationError(
      issues.map((issue) => ({ ...issue, path: ['source', 'design', ...issue.path] })),
    );
  }
}

function checkModels(design: Design, catalog: Services['catalog']): ValidationIssue[] {
  return design.steps.flatMap((step, index) => {
    try {
      catalog.find({ provider: step.provider, model: step.model });
      return [];
    } catch (error) {
      if (!(error instanceof ModelNotFoundError)) throw error;
      return [{ code: 'UNKNOWN_VALUE', path: ['steps', String(index), 'model'], message: error.message }];
    }
  });
}

export interface SourcedDesign {
  design: Design;
  /** The requirements agreed in the proposal's conversation; null for a bare design. */
  agreed: string | null;
  /** Null for a bare design. */
  proposal: { id: string; conversationId: string; selected: boolean } | null;
}

interface AgreedProposal {
  title: string;
  summary: string;
  conversation: { agreedRequirements: string[] };
}
