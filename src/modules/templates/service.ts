import { z } from 'zod';
import type { Viewer } from '../../access/viewer.ts';
import { changeable, ownedBy, visible } from '../../access/visibility.ts';
import { storableJson } from '../../core/text/storable-text.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { PipelineTemplate } from '../../generated/prisma/client.ts';
import type { Tx } from '../../infra/database.ts';
import type { Context, Services } from '../../kernel/context.ts';
import { rowId } from '../../kernel/input.ts';
import { type Scope, useCase } from '../../kernel/use-case.ts';
import { designSchema } from '../designs/design.ts';
import {
  checkedInputs,
  checkedSource,
  newTemplate,
  templateChanges,
  type TemplateContent,
  templateName,
  type TemplateSource,
} from './content.ts';
import { type TemplateInput, templateInputs } from './inputs.ts';
import { assertMayShare, deletable, notYours } from './policy.ts';
import { savedDesign, savedSource } from './saved-design.ts';
import { searchable } from './search.ts';
import { wordsOf } from './words.ts';

export const createTemplate = useCase(
  'Mutation.createTemplate',
  {
    input: newTemplate.extend({ design: designSchema, inputs: templateInputs.nullish() }),
    isIdempotent: true,
    audit: ['template.shared', 'injection.refused'],
  },
  async (ctx: Scope & Pick<Services, 'router'>, input) => {
    const catalog = await ctx.router.catalogFor(ctx.viewer);
    return ctx.transact(async (tx) => {
      const id = await ctx.createOnce(tx, () =>
        addTemplate({ ...ctx, catalog }, tx, { ...input, inputs: input.inputs ?? [] }),
      );
      return { template: await readMade(tx, ctx.viewer, id) };
    });
  },
);

/** Saves the design of an own proposal or run, with inputs for the placeholders in its prompts. */
export const saveAsTemplate = useCase(
  'Mutation.saveAsTemplate',
  {
    input: newTemplate.extend({ source: savedSource }),
    isIdempotent: true,
    audit: ['template.shared', 'injection.refused'],
  },
  async (ctx: Scope & Pick<Services, 'router'>, { source, ...input }) => {
    const catalog = await ctx.router.catalogFor(ctx.viewer);
    return ctx.transact(async (tx) => {
      const id = await ctx.createOnce(tx, async () =>
        addTemplate({ ...ctx, catalog }, tx, { ...input, ...(await savedDesign(tx, ctx.viewer, source)) }),
      );
      return { template: await readMade(tx, ctx.viewer, id) };
    });
  },
);

/** What does not change is not checked: a template whose model is gone can still be renamed and withdrawn. */
export const updateTemplate = useCase(
  'Mutation.updateTemplate',
  {
    input: templateChanges.extend({ templateId: rowId, expectedVersion: z.int() }),
    audit: ['template.shared', 'injection.refused'],
  },
  async (ctx: Scope & Pick<Services, 'router'>, { templateId: id, expectedVersion, ...changes }) => {
    const catalog = await ctx.router.catalogFor(ctx.viewer);
    return ctx.transact(async (tx) => {
      const before = await changeableTemplate(tx, ctx.viewer, id);
      if (before.version !== expectedVersion) throw stale(before, expectedVersion);
      const content = {
        name: changes.name ?? before.name,
        description: changes.description ?? before.description,
        visibility: changes.visibility ?? before.visibility,
        ...changedSource(before, changes, catalog),
      };
      assertMayShare(ctx.viewer, content.visibility);
      if (!(await writeTemplate(tx, before, content))) {
        throw stale(await changeableTemplate(tx, ctx.viewer, id), expectedVersion); // changed meanwhile
      }
      if (before.visibility === 'PRIVATE') await recordShare(ctx, tx, id, content.visibility);
      return { template: await changeableTemplate(tx, ctx.viewer, id) };
    });
  },
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
      if (count === 0) throw notYours((await visibleTemplate(tx, viewer, id)).ownerId, 'delete');
      await record(tx, 'template.deleted', { target: { type: 'PipelineTemplate', id } });
      return { deletedId: id };
    }),
);

export const forkTemplate = useCase(
  'Mutation.forkTemplate',
  {
    input: z.object({ templateId: rowId, name: templateName.nullish() }),
    isIdempotent: true,
    audit: { none: 'A fork is seen by its owner and the ADMINs only, and names its origin.' },
  },
  ({ viewer, client, transact, createOnce }: Scope & Pick<Context, 'client'>, input) =>
    transact(async (tx) => {
      const id = await createOnce(tx, async () => {
        const origin = await visibleTemplate(tx, viewer, input.templateId);
        if (!(await keepTemplate(tx, origin.id))) throw new NotFoundError('The template'); // deleted meanwhile
        const words = wordsOf(origin, client);
        const fork = { ...words, name: input.name ?? words.name, visibility: 'PRIVATE' } as const;
        return insert(tx, viewer, fork, origin.id);
      });
      return { template: await readMade(tx, viewer, id) };
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

/** Errors: NotFoundError; FORBIDDEN for a template that the viewer only sees. */
async function changeableTemplate(tx: Tx, viewer: Viewer, id: string): Promise<PipelineTemplate> {
  const where = { id, AND: changeable('PipelineTemplate', viewer) };
  const template = await tx.prisma.pipelineTemplate.findFirst({ where });
  if (template) return template;
  throw notYours((await visibleTemplate(tx, viewer, id)).ownerId, 'change');
}

/** Errors: ConflictError for a template that was deleted after the idempotencyKey had made it. */
async function readMade(tx: Tx, viewer: Viewer, id: string): Promise<PipelineTemplate> {
  const where = { id, AND: changeable('PipelineTemplate', viewer) };
  const template = await tx.prisma.pipelineTemplate.findFirst({ where });
  if (template) return template;
  throw new ConflictError(
    'WRONG_STATE',
    'The template that this idempotencyKey made was deleted. Use a new key.',
  );
}

function changedSource(
  before: PipelineTemplate,
  changes: z.output<typeof templateChanges>,
  catalog: Services['catalog'],
): TemplateSource {
  const inputs = changes.inputs ?? (before.inputs as TemplateInput[]);
  if (changes.design) return checkedSource({ design: changes.design, inputs }, catalog);
  const source = { design: designSchema.parse(before.design), inputs };
  return changes.inputs ? checkedInputs(source) : source;
}

/** Errors: FORBIDDEN for what the viewer may not show to others; those of `checkedSource`. */
async function addTemplate(ctx: ShareScope & Pick<Services, 'catalog'>, tx: Tx, content: TemplateContent) {
  assertMayShare(ctx.viewer, content.visibility);
  const id = await insert(tx, ctx.viewer, { ...content, ...checkedSource(content, ctx.catalog) });
  await recordShare(ctx, tx, id, content.visibility);
  return id;
}

async function insert(tx: Tx, viewer: Viewer, content: TemplateContent, forkedFromId?: string) {
  const { name, description, design, inputs, visibility } = content;
  const searchText = searchable(name, description);
  const data = { ...ownedBy(viewer), name, description, design, inputs, visibility, searchText };
  const made = await tx.prisma.pipelineTemplate.create({
    data: { ...data, forkedFromId: forkedFromId ?? null },
    select: { id: true },
  });
  return made.id;
}

/** Writes the next version. False when the template is no longer as it was `before`. */
async function writeTemplate(tx: Tx, before: PipelineTemplate, content: TemplateContent): Promise<boolean> {
  const { name, description, design, inputs, visibility } = content;
  const place = [before.id, before.tenantId, before.ownerId, before.version];
  const texts = [name, description, searchable(name, description)];
  const [written] = await tx.sql(
    `UPDATE pipeline_templates
     SET name = $5, description = $6, search_text = $7, design = $8::jsonb, inputs = $9::jsonb,
       visibility = $10::"TemplateVisibility", version = version + 1, updated_at = now()
     WHERE id = $1 AND tenant_id = $2 AND owner_id = $3 AND version = $4 RETURNING id`,
    [...place, ...texts, storableJson(design), storableJson(inputs), visibility],
  );
  return written !== undefined;
}

function stale({ id, version }: PipelineTemplate, expected: number): ConflictError {
  return new ConflictError(
    'STALE_VERSION',
    `The template was changed: it has version ${version}, not ${expected}. Read it again.`,
    { type: 'PipelineTemplate', id },
  );
}

async function recordShare({ record }: ShareScope, tx: Tx, id: string, shown: TemplateContent['visibility']) {
  if (shown === 'SHARED') await record(tx, 'template.shared', { target: { type: 'PipelineTemplate', id } });
}

type ShareScope = Pick<Scope, 'viewer' | 'record'>;
