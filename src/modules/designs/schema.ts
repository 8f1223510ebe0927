import { MAX_STEP_PROMPT_LENGTH } from '../../kernel/limits.ts';
import { builder } from '../../schema-kit/builder.ts';
import { LlmProviderRef } from '../llm/schema.ts';
import { AGENT_KIND_NAMES, AGENT_KINDS, type AgentKind } from './agent-kinds.ts';
import {
  DEFAULT_MAX_OUTPUT_TOKENS,
  type Design,
  MAX_APPROVAL_QUESTION_LENGTH,
  MAX_OUTPUT_TOKENS,
  MAX_STEP_TITLE_LENGTH,
  MAX_STEPS,
  type Step,
  type StepApproval,
} from './design.ts';
import { flowchart } from './mermaid.ts';

const KIND_VALUES = Object.fromEntries(
  AGENT_KIND_NAMES.map((kind) => [kind, { description: `${capitalized(AGENT_KINDS[kind].does)}.` }]),
) as Record<AgentKind, { description: string }>;

export const AgentKindRef = builder.enumType('AgentKind', {
  description: 'Kind of agent that runs a step.',
  values: KIND_VALUES,
});

export const RejectionActionRef = builder.enumType('RejectionAction', {
  description: 'Effect of a rejected or expired approval on the run.',
  values: {
    FAIL: { description: 'The step and the run fail.' },
    SKIP: { description: 'The step is skipped. Steps that depend on it run without its output.' },
  },
});

export const ApprovalTimingRef = builder.enumType('ApprovalTiming', {
  description: 'Point at which a step requests approval.',
  values: {
    BEFORE_STEP: { description: 'Before the step runs: may it run, and with which prompt?' },
    AFTER_STEP: {
      description:
        'After the step has run: is its output right? Approved as it is or edited, the output stands unchanged.',
    },
  },
});

const StepApprovalRef = builder.objectRef<StepApproval>('StepApproval').implement({
  description: 'Approval that a step requires from a user.',
  fields: (t) => ({
    timing: t.expose('timing', {
      type: ApprovalTimingRef,
      description: 'Point at which the step requests approval.',
    }),
    question: t.exposeString('question', {
      nullable: true,
      description: 'Question shown to the user. If null, a question is generated from the step’s title.',
    }),
    timeoutSeconds: t.exposeInt('timeoutSeconds', {
      nullable: true,
      description:
        'Seconds until an undecided request expires, which has the effect of a rejection. Null means that it never expires.',
    }),
    onReject: t.expose('onReject', { type: RejectionActionRef, description: 'Effect of a rejection.' }),
  }),
});

const PipelineStepRef = builder.objectRef<Step>('PipelineStep').implement({
  description: 'A step of a design: an agent, its prompt and its dependencies.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'Unique key of the step within its design, e.g. `collect-sources`.',
    }),
    agent: t.expose('agent', { type: AgentKindRef, description: 'The agent that runs this step.' }),
    title: t.exposeString('title', { description: 'Display name of the step.' }),
    prompt: t.exposeString('prompt', {
      nullable: true,
      description: 'Task-specific prompt, in addition to the agent’s own instructions. Null for none.',
    }),
    dependsOn: t.exposeStringList('dependsOn', {
      description:
        'Keys of the steps whose output the step receives. It starts when all of them have finished.',
    }),
    provider: t.expose('provider', {
      type: LlmProviderRef,
      nullable: true,
      description: 'Model provider. Null means the server’s default.',
    }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'Model name. Null means the provider’s default.',
    }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', {
      nullable: true,
      description: `Maximum number of output tokens. Null means ${DEFAULT_MAX_OUTPUT_TOKENS}.`,
    }),
    approval: t.expose('approval', {
      type: StepApprovalRef,
      nullable: true,
      description: 'Approval that the step requires. Null when it requires none.',
    }),
  }),
});

export const PipelineDesignRef = builder.objectRef<Design>('PipelineDesign').implement({
  description:
    'A directed acyclic graph of steps. The output of its single last step is the result of the run.',
  fields: (t) => ({
    steps: t.field({
      type: [PipelineStepRef],
      description: 'Steps of the design, in the author’s order.',
      resolve: (design) => design.steps,
    }),
    mermaid: t.string({
      description: 'Flowchart of the steps in Mermaid syntax.',
      resolve: (design) => flowchart(design),
    }),
    requireDifferentApprover: t.exposeBoolean('requireDifferentApprover', {
      description: 'Whether approvals must be decided by a member other than the one who started the run.',
    }),
  }),
});

const StepApprovalInput = builder.inputType('StepApprovalInput', {
  description: 'Approval that a step requires from a user.',
  fields: (t) => ({
    timing: t.field({
      type: ApprovalTimingRef,
      required: true,
      defaultValue: 'BEFORE_STEP',
      description: 'Point at which the step requests approval.',
    }),
    question: t.string({
      description: `Question shown to the user, at most ${MAX_APPROVAL_QUESTION_LENGTH} characters. Default: a question generated from the step’s title.`,
    }),
    timeoutSeconds: t.int({
      description: 'Seconds until an undecided request expires, at most 30 days. Default: it never expires.',
    }),
    onReject: t.field({
      type: RejectionActionRef,
      required: true,
      defaultValue: 'FAIL',
      description: 'Effect of a rejection or expiry.',
    }),
  }),
});

const PipelineStepInput = builder.inputType('PipelineStepInput', {
  description: 'A step of a design.',
  fields: (t) => ({
    key: t.string({
      required: true,
      description:
        'Key of the step, unique in the design: a lower-case letter followed by up to 39 of the characters a-z, 0-9, _ and -.',
    }),
    agent: t.field({ type: AgentKindRef, required: true, description: 'The agent that runs this step.' }),
    title: t.string({
      required: true,
      description: `Display name of the step, at most ${MAX_STEP_TITLE_LENGTH} characters.`,
    }),
    prompt: t.string({
      description: `Task-specific prompt for the agent, at most ${MAX_STEP_PROMPT_LENGTH} characters. Required for CUSTOM steps.`,
    }),
    dependsOn: t.stringList({
      required: true,
      defaultValue: [],
      description:
        'Keys of the steps whose output the step receives. It starts when all of them have finished.',
    }),
    provider: t.field({
      type: LlmProviderRef,
      description: 'Model provider. Default: the server’s default.',
    }),
    model: t.string({
      description: 'Model name, as listed by the query `models`. Default: the provider’s default.',
    }),
    maxOutputTokens: t.int({
      description: `Maximum number of output tokens, 1 to ${MAX_OUTPUT_TOKENS}. Default: ${DEFAULT_MAX_OUTPUT_TOKENS}. A higher value reserves more of the budget.`,
    }),
    approval: t.field({
      type: StepApprovalInput,
      description: 'Approval that the step requires. Default: none.',
    }),
  }),
});

export const PipelineDesignInput = builder.inputType('PipelineDesignInput', {
  description: 'A pipeline design.',
  fields: (t) => ({
    steps: t.field({
      type: [PipelineStepInput],
      required: true,
      description: `1 to ${MAX_STEPS} steps whose dependencies form no cycle. Exactly one step, the last one, must have no dependents.`,
    }),
    requireDifferentApprover: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Whether approvals must be decided by a member other than the one who starts the run.',
    }),
  }),
});

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
