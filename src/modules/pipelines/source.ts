import { z } from 'zod';
import { NotFoundError, ValidationError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import type { Viewer } from '../../access/viewer.ts';
import { changeable } from '../../access/visibility.ts';
import { createNonce } from '../../core/prompt-safety/isolate.ts';
import type { Context, Services } from '../../kernel/context.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type Design, designSchema } from '../designs/design.ts';
import { checkRunnable } from '../designs/runnable.ts';
import { parseInput, rowId } from '../../kernel/input.ts';
import { fillInputs, type TemplateInputValue } from '../templates/filled-prompt.ts';
import type { TemplateInput } from '../templates/inputs.ts';
import { visibleTemplate } from '../templates/service.ts';
import { wordsOf } from '../templates/words.ts';

/** The source of a run's design: a proposal of the viewer's own conversation, a template that they see, or a design. */
export const pipelineSource = z.object({
  proposalId: rowId.nullish(),
  templateId: rowId.nullish(),
  design: z.unknown().optional(),
});

/**
 * Loads the design of a source and checks its graph and that its models are available.
 * The placeholders of a template are still in it; a starter is in the language of the client.
 * Errors: ValidationError with paths below `source`, NotFoundError for a proposal that is not the viewer's and a template
 * that they do not see.
 */
export async function designOf(
  { prisma, catalog, client }: SourceContext,
  viewer: Viewer,
  source: z.output<typeof pipelineSource>,
): Promise<SourcedDesign> {
  if (source.templateId != null) {
    const template = await visibleTemplate({ prisma }, viewer, source.templateId);
    const { inputs, ...words } = wordsOf(template, client);
    const design = designSchema.parse(words.design);
    assertRunnable(design, catalog);
    return { ...BARE, design, template: { id: template.id, source: { design, inputs } } };
  }
  if (source.proposalId == null) {
    const input = z.object({ source: z.object({ design: designSchema }) });
    const { design } = parseInput(input, { source }).source;
    assertRunnable(design, catalog);
    return { ...BARE, design };
  }
  const proposal = await prisma.designProposal.findFirst({
    where: { id: source.proposalId, ...changeable('DesignProposal', viewer) },
    include: { conversation: { select: { agreedRequirements: true } } },
  });
  if (!proposal) throw new NotFoundError('The proposal');
  const design = designSchema.parse(proposal.design);
  assertRunnable(design, catalog);
  return { ...BARE, design, agreed: agreedIn(proposal), proposal };
}

/** The agreed requirements, of which the first is the user's request; without any, the title and summary. */
function agreedIn({ title, summary, conversation }: AgreedProposal): string {
  const { agreedRequirements } = conversation;
  return (agreedRequirements.length > 0 ? agreedRequirements : [title, summary]).join('\n');
}

function assertRunnable(design: Design, catalog: Services['catalog']): void {
  const issues = checkRunnable(design, catalog);
  if (issues.length > 0) {
    throw new ValidationError(
      issues.map((issue) => ({ ...issue, path: ['source', 'design', ...issue.path] })),
    );
  }
}

const BARE = { agreed: null, proposal: null, template: null };

/** The design of a template with the values of its inputs. Errors: ValidationError, UnsafeInputError. */
export function withInputs(
  { design, template }: SourcedDesign,
  given: readonly TemplateInputValue[],
  notices: Notice[],
): { design: Design; notices: Notice[] } {
  if (template) {
    const filled = fillInputs(design, template.source.inputs, given, createNonce());
    return { design: filled.design, notices: [...notices, ...filled.notices] };
  }
  if (given.length === 0) return { design, notices };
  const message = 'Only a template has inputs. Leave them out, or name the template in `source`.';
  throw new ValidationError([{ code: 'NOT_ALLOWED', path: ['templateInputs'], message }]);
}

export interface SourcedDesign {
  design: Design;
  /** The requirements agreed in the proposal's conversation; null without a proposal. */
  agreed: string | null;
  proposal: { id: string; conversationId: string; selected: boolean } | null;
  /** With its design before the inputs are filled. */
  template: { id: string; source: { design: Design; inputs: TemplateInput[] } } | null;
}

interface SourceContext extends Pick<Services, 'catalog'>, Pick<Context, 'client'> {
  prisma: Pick<PrismaClient, 'designProposal' | 'pipelineTemplate'>;
}

interface AgreedProposal {
  title: string;
  summary: string;
  conversation: { agreedRequirements: string[] };
}
