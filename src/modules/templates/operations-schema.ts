import { ConflictError, NotFoundError, UnsafeInputError } from '../../errors.ts';
import { builder } from '../../schema-kit/builder.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { type InputBuilder, mutation } from '../../schema-kit/mutation.ts';
import { PipelineDesignInput } from '../designs/schema.ts';
import { MAX_TEMPLATE_DESCRIPTION_LENGTH, MAX_TEMPLATE_NAME_LENGTH } from './content.ts';
import {
  MAX_INPUT_DESCRIPTION_LENGTH,
  MAX_INPUT_TITLE_LENGTH,
  MAX_INPUT_VALUE_LENGTH,
  MAX_INPUTS,
} from './inputs.ts';
import { PipelineTemplateRef, TemplateVisibilityRef } from './schema.ts';
import { createTemplate, deleteTemplate, forkTemplate, saveAsTemplate, updateTemplate } from './service.ts';

const TemplateInputDeclaration = builder.inputType('TemplateInputDeclaration', {
  description: 'Declaration of a named input of a template.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'Name, unique in the template: a lower-case letter followed by up to 39 of the characters a-z, 0-9 and _.',
    }),
    title: t.string({
      required: true,
      description: `Name for people, 1 to ${MAX_INPUT_TITLE_LENGTH} characters.`,
    }),
    description: t.string({
      description: `What to enter, at most ${MAX_INPUT_DESCRIPTION_LENGTH} characters. Default: none.`,
    }),
    defaultValue: t.string({
      description: `Value of runs that give none, at most ${MAX_INPUT_VALUE_LENGTH} characters. Default: each run must give one.`,
    }),
  }),
});

const TemplateSourceInput = builder.inputType('TemplateSource', {
  description: 'Where the design of a new template comes from. Set exactly one field.',
  isOneOf: true,
  fields: (t) => ({
    proposalId: t.id({ description: 'Id of a proposal of one of your conversations.' }),
    executionId: t.id({ description: 'Id of one of your runs.' }),
  }),
});

const INPUTS = `At most ${MAX_INPUTS} named inputs. Each {{name}} in the prompts must be declared, and nothing else may stand between double braces.`;
const templateId = (t: InputBuilder) => t.id({ required: true, description: 'Id of the template.' });
const nameText = `1 to ${MAX_TEMPLATE_NAME_LENGTH} characters on one line.`;
const descriptionText = `What the template is for, at most ${MAX_TEMPLATE_DESCRIPTION_LENGTH} characters.`;

const newTemplate = (t: InputBuilder) => ({
  name: t.string({ required: true, description: `Name of the template, ${nameText}` }),
  description: t.string({ description: `${descriptionText} Default: none.` }),
  visibility: t.field({
    type: TemplateVisibilityRef,
    required: true,
    defaultValue: 'PRIVATE',
    description: 'Who can see it. SHARED requires the permission TEMPLATE_SHARE.',
  }),
});

const decodeTemplateId = <Input extends { templateId: string }>(input: Input): Input => ({
  ...input,
  templateId: decodeId(input.templateId, 'PipelineTemplate'),
});

mutation(createTemplate, {
  description: 'Stores a design as a template.',
  success: { template: { type: PipelineTemplateRef, description: 'The new template.' } },
  errors: [ConflictError, UnsafeInputError],
  input: (t) => ({
    ...newTemplate(t),
    design: t.field({
      type: PipelineDesignInput,
      required: true,
      description: 'The design, whose prompts may contain placeholders such as {{topic}}.',
    }),
    inputs: t.field({ type: [TemplateInputDeclaration], description: `${INPUTS} Default: none.` }),
  }),
});

mutation(saveAsTemplate, {
  description:
    'Stores the design of one of your proposals or runs as a template. Placeholders in its prompts become inputs without a default; a run of a template gives the design and the inputs of that template, without the values of the run.',
  success: { template: { type: PipelineTemplateRef, description: 'The new template.' } },
  errors: [NotFoundError, ConflictError, UnsafeInputError],
  input: (t) => ({
    ...newTemplate(t),
    source: t.field({
      type: TemplateSourceInput,
      required: true,
      description: 'The proposal or the run.',
    }),
  }),
  decodeIds: ({ source: { proposalId, executionId }, ...input }) => ({
    ...input,
    source:
      executionId === undefined
        ? { proposalId: decodeId(proposalId, 'DesignProposal') }
        : { executionId: decodeId(executionId, 'PipelineExecution') },
  }),
});

mutation(updateTemplate, {
  description:
    'Changes one of your templates. What is null or left out stays. Runs that have started keep the design that they started with. Starters, and templates of others, are not changed but forked: FORBIDDEN.',
  success: { template: { type: PipelineTemplateRef, description: 'The template in its new version.' } },
  errors: [NotFoundError, ConflictError, UnsafeInputError],
  input: (t) => ({
    templateId: templateId(t),
    expectedVersion: t.int({
      required: true,
      description:
        'The version that you have read. When the template has another one, ConflictError STALE_VERSION with the current template.',
    }),
    name: t.string({ description: `New name, ${nameText}` }),
    description: t.string({ description: descriptionText }),
    design: t.field({ type: PipelineDesignInput, description: 'New design.' }),
    inputs: t.field({ type: [TemplateInputDeclaration], description: INPUTS }),
    visibility: t.field({
      type: TemplateVisibilityRef,
      description:
        'Who can see it. A template that is SHARED afterwards requires the permission TEMPLATE_SHARE.',
    }),
  }),
  decodeIds: decodeTemplateId,
});

mutation(deleteTemplate, {
  description:
    'Deletes one of your templates or, as an ADMIN, one of your tenant; others that you see, and starters, give FORBIDDEN. Its runs and forks stay, with `template` and `forkedFrom` null.',
  success: {
    deletedId: { type: 'ID', idOf: 'PipelineTemplate', description: 'Id of the deleted template.' },
  },
  errors: [NotFoundError],
  input: (t) => ({ templateId: templateId(t) }),
  decodeIds: decodeTemplateId,
});

mutation(forkTemplate, {
  description:
    'Makes a PRIVATE copy of a template that you can see. The copy names its origin, which counts it.',
  success: { template: { type: PipelineTemplateRef, description: 'The copy, which is yours.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({
    templateId: templateId(t),
    name: t.string({ description: `Name of the copy, ${nameText} Default: that of its origin.` }),
  }),
  decodeIds: decodeTemplateId,
});
