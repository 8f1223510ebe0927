import { TemplateVisibility } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { connection } from '../../schema-kit/connection.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList, queryOne } from '../../schema-kit/query.ts';
import { UserRef } from '../auth/schema.ts';
import { PipelineDesignRef } from '../designs/schema.ts';
import type { TemplateInput } from './inputs.ts';
import { forkCounts, namedTemplates } from './loaders.ts';
import { MAX_SEARCH_LENGTH, withAllWords } from './search.ts';
import { wordsOf } from './words.ts';

export const TemplateVisibilityRef = builder.enumType('TemplateVisibility', {
  description: 'Who can see, run and fork a template.',
  values: {
    [TemplateVisibility.PRIVATE]: { description: 'Its owner, and the ADMINs of the tenant.' },
    [TemplateVisibility.SHARED]: { description: 'Every member of the tenant.' },
  },
});

const TemplateInputRef = builder.objectRef<TemplateInput>('TemplateInput').implement({
  description:
    'A named input of a template. `{{name}}` in the prompts of its steps stands for the value, which each run gives in `templateInputs`.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Unique name of the input within its template.' }),
    title: t.exposeString('title', { description: 'Name of the input for people.' }),
    description: t.exposeString('description', { description: 'What to enter. May be empty.' }),
    defaultValue: t.exposeString('defaultValue', {
      nullable: true,
      description: 'Value of runs that give none. Null: each run must give one.',
    }),
  }),
});

export const PipelineTemplateRef = node('PipelineTemplate', {
  description:
    'A stored design that can be run again and again, and forked. The built-in starters have no owner and belong to everybody.',
  fields: (t) => ({
    name: t.string({
      description: 'Name of the template. A starter has it in the language of `Accept-Language` (en, ko).',
      resolve: (template, _args, { client }) => wordsOf(template, client).name,
    }),
    description: t.string({
      description: 'What the template is for; in the same language. May be empty.',
      resolve: (template, _args, { client }) => wordsOf(template, client).description,
    }),
    design: t.field({
      type: PipelineDesignRef,
      description:
        'The design, with the placeholders of its inputs. Titles and questions of a starter are in the same language, its prompts in English.',
      resolve: (template, _args, { client }) => wordsOf(template, client).design,
    }),
    inputs: t.field({
      type: [TemplateInputRef],
      description: 'Inputs that a run gives values for, in the author’s order.',
      resolve: (template, _args, { client }) => wordsOf(template, client).inputs,
    }),
    visibility: t.expose('visibility', {
      type: TemplateVisibilityRef,
      description: 'Who can see, run and fork the template.',
    }),
    version: t.exposeInt('version', {
      description:
        'Number of the version, from 1. Each update raises it; `updateTemplate` requires it. Of a starter: the revision of all starters.',
    }),
    owner: t.relation('owner', {
      type: UserRef,
      nullable: true,
      description: 'The member who owns the template. Null for the built-in starters.',
    }),
    forkCount: t.int({
      description: 'Number of forks of the template in your tenant.',
      resolve: ({ id }, _args, ctx) => forkCounts(ctx).load(id),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'Time when the template was created.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Time of the last update.' }),
  }),
});

builder.prismaObjectField(PipelineTemplateRef, 'forkedFrom', (t) =>
  t.field({
    type: PipelineTemplateRef,
    nullable: true,
    select: { forkedFromId: true },
    description:
      'The template that this one was forked from. Null when it is no fork, and when its origin was deleted or is not visible to you.',
    resolve: ({ forkedFromId }, _args, ctx) =>
      forkedFromId === null ? null : namedTemplates(ctx).load(forkedFromId),
  }),
);

const TemplateConnection = connection(PipelineTemplateRef, 'PipelineTemplate');

queryOne('template', {
  model: 'PipelineTemplate',
  description: 'Template with the given id. Null when it does not exist or is not visible to you.',
});

queryList('templates', {
  model: 'PipelineTemplate',
  connection: TemplateConnection,
  description: 'Your own templates, most recently changed first.',
  args: () => ({}),
  cursor: 'updatedAt_id',
  filter: (_args, { userId: ownerId }) => ({ ownerId }),
  order: () => ({ by: 'updatedAt', direction: 'DESC' }),
});

queryList('sharedTemplates', {
  model: 'PipelineTemplate',
  connection: TemplateConnection,
  description:
    'Templates that members of your tenant share, and the built-in starters: starters first, then the newest.',
  args: (t) => ({
    search: t.arg.string({
      description: `Words that all occur in the name or the description, in any order and any language; parts of words count. Case, Unicode form, invisible characters and Greek accents do not matter. At most ${MAX_SEARCH_LENGTH} characters. Default: all.`,
    }),
  }),
  cursor: 'id',
  filter: ({ search }) => ({
    visibility: 'SHARED',
    AND: withAllWords(search ?? ''),
  }),
  order: () => ({ by: 'id', direction: 'DESC' }),
});
