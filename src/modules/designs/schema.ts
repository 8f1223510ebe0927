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
  description: 'What a step’s agent is good at.',
  values: KIND_VALUES,
});

export const RejectionActionRef = builder.enumType('RejectionAction', {
  description: 'What a rejected approval does to the run.',
  values: {
    FAIL: { description: 'The step and with it the run fail.' },
    SKIP: { description: 'The step is skipped; the steps behind it run without its output.' },
  },
});

export const ApprovalTimingRef = builder.enumType('ApprovalTiming', {
  description: 'When a step asks for approval.',
  values: { BEFORE_STEP: { description: 'Before it runs: whether it may.' } },
});

const StepApprovalRef = builder.objectRef<StepApproval>('StepApproval').implement({
  description: 'What a step asks a person, and what follows from the answer.',
  fields: (t) => ({
    timing: t.expose('timing', { type: ApprovalTimingRef, description: 'When the step asks.' }),
    question: t.exposeString('question', {
      nullable: true,
      description: 'What the person is asked; null for a question made of the step’s title.',
    }),
    timeoutSeconds: t.exposeInt('timeoutSeconds', {
      nullable: true,
      description:
        'After this many seconds without a decision the request expires, which acts as a rejection; null: never.',
    }),
    onReject: t.expose('onReject', { type: RejectionActionRef, description: 'What a rejection does.' }),
  }),
});

const PipelineStepRef = builder.objectRef<Step>('PipelineStep').implement({
  description: 'One step of a design: an agent, what it is told, and which steps it waits for.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Names the step within its design, e.g. `collect-sources`.' }),
    agent: t.expose('agent', { type: AgentKindRef, description: 'The agent that runs this step.' }),
    title: t.exposeString('title', { description: 'A name for people.' }),
    prompt: t.exposeString('prompt', {
      nullable: true,
      description: 'What the agent is told besides its own instructions; null for nothing more.',
    }),
    dependsOn: t.exposeStringList('dependsOn', {
      description: 'Keys of the steps whose output it gets; it starts as soon as these have finished.',
    }),
    provider: t.expose('provider', {
      type: LlmProviderRef,
      nullable: true,
      description: 'Null for the server’s default.',
    }),
    model: t.exposeString('model', { nullable: true, description: 'Null for the provider’s default.' }),
    maxOutputTokens: t.exposeInt('maxOutputTokens', {
      nullable: true,
      description: `At most this many tokens of output; null for ${DEFAULT_MAX_OUTPUT_TOKENS}.`,
    }),
    approval: t.expose('approval', {
      type: StepApprovalRef,
      nullable: true,
      description: 'The decision of a person that the step waits for; null when it asks nobody.',
    }),
  }),
});

export const PipelineDesignRef = builder.objectRef<Design>('PipelineDesign').implement({
  description: 'A graph of steps without cycles, with one step at its end whose output is the result.',
  fields: (t) => ({
    steps: t.field({
      type: [PipelineStepRef],
      description: 'Its steps, as its author ordered them.',
      resolve: (design) => design.steps,
    }),
    mermaid: t.string({
      description: 'The steps as a Mermaid flowchart, to be drawn by any Mermaid renderer.',
      resolve: (design) => flowchart(design),
    }),
    requireDifferentApprover: t.exposeBoolean('requireDifferentApprover', {
      description: 'Approvals are decided by another member than the one who started the run.',
    }),
  }),
});

const StepApprovalInput = builder.inputType('StepApprovalInput', {
  description: 'What a step asks a person, and what follows from the answer.',
  fields: (t) => ({
    timing: t.field({
      type: ApprovalTimingRef,
      required: true,
      defaultValue: 'BEFORE_STEP',
      description: 'When the step asks.',
    }),
    question: t.string({
      description: `What the person is asked, at most ${MAX_APPROVAL_QUESTION_LENGTH} characters.`,
    }),
    timeoutSeconds: t.int({
      description: 'Expire after this many seconds, at most 30 days; left out: wait until somebody decides.',
    }),
    onReject: t.field({
      type: RejectionActionRef,
      required: true,
      defaultValue: 'FAIL',
      description: 'What a rejection does.',
    }),
  }),
});

const PipelineStepInput = builder.inputType('PipelineStepInput', {
  description: 'One step of a design.',
  fields: (t) => ({
    key: t.string({
      required: true,
      description: 'Unique in the design: a lower-case letter, then up to 39 of a-z, 0-9, _ and -.',
    }),
    agent: t.field({ type: AgentKindRef, required: true, description: 'The agent that runs this step.' }),
    title: t.string({
      required: true,
      description: `A name for people, at most ${MAX_STEP_TITLE_LENGTH} characters.`,
    }),
    prompt: t.string({
      description: `What the agent is told, at most ${MAX_STEP_PROMPT_LENGTH} characters. A CUSTOM step needs one.`,
    }),
    dependsOn: t.stringList({
      required: true,
      defaultValue: [],
      description: 'Keys of the steps that must have finished before this one starts.',
    }),
    provider: t.field({ type: LlmProviderRef, description: 'Left out: the server’s default.' }),
    model: t.string({ description: 'Left out: the provider’s default. See the query `models`.' }),
    maxOutputTokens: t.int({
      description: `1 to ${MAX_OUTPUT_TOKENS}; left out: ${DEFAULT_MAX_OUTPUT_TOKENS}. What a call reserves grows with it.`,
    }),
    approval: t.field({
      type: StepApprovalInput,
      description: 'The decision of a person that the step waits for; left out: it asks nobody.',
    }),
  }),
});

export const PipelineDesignInput = builder.inputType('PipelineDesignInput', {
  description: 'A design to be run as it is.',
  fields: (t) => ({
    steps: t.field({
      type: [PipelineStepInput],
      required: true,
      description: `1 to ${MAX_STEPS} steps without a cycle; exactly one that no other depends on.`,
    }),
    requireDifferentApprover: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Let approvals be decided by another member than the one who starts the run.',
    }),
  }),
});

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
