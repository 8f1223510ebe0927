import { z } from 'zod';
import type { Viewer } from '../../access/viewer.ts';
import { changeable, ownedBy, visible } from '../../access/visibility.ts';
import { ConflictError, NotFoundError, ValidationError } from '../../errors.ts';
import type { PipelineTemplate } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import type { Context, Services } from '../../kernel/context.ts';
import { rowId, storedName, maxCharacters, storedText } from '../../kernel/input.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { type Design, designSchema } from '../designs/design.ts';
import { checkRunnable } from '../designs/runnable.ts';
import { checkInputs, type TemplateInput, templateInputs } from './inputs.ts';
import { assertMayShare, deletable } from './policy.ts';
import { savedDesign, templateSource } from './saved-design.ts';
import { searchable } from './search.ts';
import { wordsOf } from './words.ts';

export const MAX_TEMPLATE_NAME_LENGTH = 120;
export const MAX_TEMPLATE_DESCRIPTION_LENGTH = 2_000;

const name = storedName(MAX_TEMPLATE_NAME_LENGTH);
const description = storedText.trim().check(maxCharacters(MAX_TEMPLATE_DESCRIPTION_LENGTH));
const visibility = z.enum(['PRIVATE', 'SHARED']);

const createTemplateInput = z.object({
  name,
  description: description.nullish(),
  design: designSchema,
  inputs: templateInputs.nullish(),
  visibility: visibility.default('PRIVATE'),
});

export const createTemplate = useCase(
  'Mutation.createTemplate',
  { input: createTemplateInput, isIdempotent: true, audit: ['template.shared'] },
  (ctx: Scope & Pick<Services, 'catalog'>, input) =>
    ctx.transact(async (tx) => {
      const id = await ctx.createOnce(tx, () =>
        addTemplate(ctx, tx, { ...input, description: input.description ?? '', inputs: input.inputs ?? [] }),
      );
      return { template: await readOwn(tx, ctx.viewer, id) };
    }),
);

const saveAsTemplateInput = z.object({
  source: templateSource,
  name,
  description: description.nullish(),
  visibility: visibility.default('PRIVATE'),
});

/** Saves the design of an own proposal or run, with inputs for the placeholders in its prompts. */
export const saveAsTemplate = useCase(
  'Mutation.saveAsTemplate',
  { input: saveAsTemplateInput, isIdempotent: true, audit: ['template.shared'] },
  (ctx: Scope & Pick<Services, 'catalog'>, { source, ...input }) =>
    ctx.transact(async (tx) => {
      const id = await ctx.createOnce(tx, async () => {
        const saved = await savedDesign(tx, ctx.viewer, source);
        return addTemplate(ctx, tx, { ...input, description: input.description ?? '', ...saved });
      });
      return { template: await readOwn(tx, ctx.viewer, id) };
    }),
);

const updateTemplateInput = z.object({
  templateId: rowId,
  expectedVersion: z.int(),
  name: name.nullish(),
  description: description.nullish(),
  design: designSchema.nullish(),
  inputs: templateInputs.nullish(),
  visibility: visibility.nullish(),
});

export const updateTemplate = useCase(
  'Mutation.updateTemplate',
  { input: updateTemplateInput, audit: ['template.shared'] },
  (ctx: Scope & Pick<Services, 'catalog'>, { templateId: id, expectedVersion, ...changes }) =>
    ctx.transact(async (tx) => {
      const template = await lockTemplate(tx, ctx.viewer, id);
      if (template.version !== expectedVersion) {
        throw new ConflictError(
          'STALE_VERSION',
          `The template was changed: it has version ${template.version}, not ${expectedVersion}. Read it again.`,
          { type: 'PipelineTemplate', id },
        );
      }
      const changed = {
        name: changes.name ?? template.name,
        description: changes.description ?? template.description,
        design: changes.design ?? designSchema.parse(template.design),
        inputs: changes.inputs ?? (template.inputs as TemplateInput[]),
        visibility: changes.visibility ?? template.visibility,
      };
      check(ctx, changed);
      await tx.prisma.pipelineTemplate.update({ where: { id }, data: columnsOf(changed) });
      await tx.sql('UPDATE pipeline_templates SET version = version + 1, updated_at = now() WHERE id = $1', [
        id,
      ]);
      if (template.visibility === 'PRIVATE') await recordShare(ctx, tx, id, changed.visibility);
      return { template: await readOwn(tx, ctx.viewer, id) };
    }),
);

/** Its runs and forks stay, without it. */
export const deleteTemplate = useCase(
  'Mutation.deleteTemplate',
  { input: z.object({ templateId: rowId }), audit: ['template.deleted'] },
  ({ viewer, transact, record }, { templateId: id }) =>
    transact(async (tx) => {
      const { count } = await tx.prisma.pipelineTemplate.deleteMany({
        where: { id, AND: deletable(viewer) },
      });
      if (count === 0) throw new NotFoundError('The template');
      await record(tx, 'template.deleted', { target: { type: 'PipelineTemplate', id } });
      return { deletedId: id };
    }),
);

export const forkTemplate = useCase(
  'Mutation.forkTemplate',
  {
    input: z.object({ templateId: rowId, name: name.nullish() }),
    isIdempotent: true,
    audit: { none: 'A fork is seen by its owner and the ADMINs only, and names its origin.' },
  },
  ({ viewer, client, transact, createOnce }: Scope & Pick<Context, 'client'>, input) =>
    transact(async (tx) => {
      const id = await createOnce(tx, async () => {
        const origin = await visibleTemplate(tx, viewer, input.templateId);
        const [counted] = await tx.sql(
          'UPDATE pipeline_templates SET fork_count = fork_count + 1 WHERE id = $1 RETURNING id',
          [origin.id],
        );
        if (!counted) throw new NotFoundError('The template'); // deleted meanwhile
        const { name, description, inputs } = wordsOf(origin, client);
        const design = designSchema.parse(origin.design);
        const fork = {
          name: input.name ?? name,
          description,
          design,
          inputs,
          visibility: 'PRIVATE',
        } as const;
        return insert(tx, viewer, fork, origin.id);
      });
      return { template: await readOwn(tx, viewer, id) };
    }),
);

/** Keeps a template until the transaction ends. Null when it was deleted meanwhile. */
export async function keepTemplate(tx: Pick<Tx, 'sql'>, id: string): Promise<string | null> {
  const [kept] = await tx.sql('SELECT id FROM pipeline_templates WHERE id = $1 FOR KEY SHARE', [id]);
  return kept ? id : null;
}

/** A template that the viewer may run and fork. Errors: NotFoundError. */
export async function visibleTemplate(
  tx: { prisma: Pick<Tx['prisma'], 'pipelineTemplate'> },
  viewer: Viewer,
  id: string,
): Promise<PipelineTemplate> {
  const where = { id, AND: visible('PipelineTemplate', viewer) };
  const template = await tx.prisma.pipelineTemplate.findFirst({ where });
  if (!template) throw new NotFoundError('The template');
  return template;
}

async function addTemplate(ctx: ShareScope & Pick<Services, 'catalog'>, tx: Tx, content: Content) {
  check(ctx, content);
  const id = await insert(tx, ctx.viewer, content);
  await recordShare(ctx, tx, id, content.visibility);
  return id;
}

/** Errors: ValidationError for what could not run, FORBIDDEN for what the viewer may not show to others. */
function check({ viewer, catalog }: { viewer: Viewer } & Pick<Services, 'catalog'>, content: Content): void {
  assertMayShare(viewer, content.visibility);
  const { design, inputs } = content;
  const ofDesign = checkRunnable(design, catalog).map((issue) => ({
    ...issue,
    path: ['design', ...issue.path],
  }));
  const issues = [...ofDesign, ...checkInputs(design, inputs)];
  if (issues.length > 0) throw new ValidationError(issues);
}

async function insert(tx: Tx, viewer: Viewer, content: Content, forkedFromId?: string): Promise<string> {
  const data = { ...ownedBy(viewer), ...columnsOf(content), forkedFromId: forkedFromId ?? null };
  return (await tx.prisma.pipelineTemplate.create({ data, select: { id: true } })).id;
}

function columnsOf({ name, description, design, inputs, visibility }: Content) {
  return { name, description, design, inputs, visibility, searchText: searchable(name, description) };
}

async function recordShare({ record }: ShareScope, tx: Tx, id: string, shown: Content['visibility']) {
  if (shown === 'SHARED') await record(tx, 'template.shared', { target: { type: 'PipelineTemplate', id } });
}

/** Errors: ConflictError for a template that was deleted after the idempotencyKey had made it. */
async function readOwn(tx: Tx, viewer: Viewer, id: string): Promise<PipelineTemplate> {
  const where = { id, AND: changeable('PipelineTemplate', viewer) };
  const template = await tx.prisma.pipelineTemplate.findFirst({ where });
  if (template) return template;
  throw new ConflictError(
    'WRONG_STATE',
    'The template that this idempotencyKey made was deleted. Use a new key.',
  );
}

/** The viewer's own template, locked. Errors: NotFoundError. */
async function lockTemplate(tx: Tx, viewer: Viewer, id: string): Promise<PipelineTemplate> {
  await tx.sql('SELECT id FROM pipeline_templates WHERE id = $1 AND tenant_id = $2 FOR UPDATE', [
    id,
    viewer.tenantId,
  ]);
  const where = { id, AND: changeable('PipelineTemplate', viewer) };
  const template = await tx.prisma.pipelineTemplate.findFirst({ where });
  if (!template) throw new NotFoundError('The template');
  return template;
}

type ShareScope = Pick<Scope, 'viewer' | 'record'>;

interface Content {
  name: string;
  description: string;
  design: Design;
  inputs: TemplateInput[];
  visibility: z.output<typeof visibility>;
}
