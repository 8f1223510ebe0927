import { createNonce } from '../../../core/prompt-safety/isolate.ts';
import type { Step } from '../../designs/design.ts';
import { ancestors } from '../../designs/order.ts';
import {
  type AgentRequest,
  type AgentTask,
  MAX_CONTEXT_LENGTH,
  MAX_OUTPUTS_LENGTH,
  MAX_PROMPT_LENGTH,
  MAX_REMARKS_LENGTH,
  MAX_SOURCES_LENGTH,
  type Remark,
} from './agent.ts';
import { agentOf } from './agents.ts';
import { LARGEST_COLLECTION } from './collect-sources.ts';
import { maxBytes } from './fit-texts.ts';

/**
 * A request of at least as many bytes as any that a step can make in this `run`, whatever the steps before it write
 * and its sources and a prompt that can still change hold. Blanks stand for those texts. A step that is sent back has
 * more to read; that is not counted.
 */
export function largestRequest(step: Step, { steps, request, context }: PlannedRun): AgentRequest {
  const agent = agentOf(step.agent);
  const inputs = steps.filter(({ key }) => step.dependsOn.includes(key));
  const collected = agent.collect ? LARGEST_COLLECTION : [];
  const remarks = remarksOf(step, steps);
  const isFixed = isFinal(step);
  const built = agent.buildRequest({
    step: { ...step, prompt: isFixed ? step.prompt : '-' },
    request,
    context: context && { language: context['language'] },
    inputs: inputs.map((input) => ({ ...input, output: null })),
    remarks,
    draft: null,
    collected,
    nonce: createNonce(),
  });
  const bytes =
    maxBytesOf(context) +
    (isFixed ? 0 : maxBytes(MAX_PROMPT_LENGTH)) +
    maxBytesOfAll(inputs, MAX_OUTPUTS_LENGTH) +
    maxBytesOfAll(remarks, MAX_REMARKS_LENGTH) +
    maxBytesOfAll(collected, MAX_SOURCES_LENGTH);
  const messages = built.messages.map((message) => ({
    ...message,
    content: message.content + ' '.repeat(bytes),
  }));
  return { ...built, messages };
}

/** A template's input can fill a placeholder, and whoever lets a step run can edit its prompt. */
function isFinal({ prompt, approval }: Step): boolean {
  return approval?.timing !== 'BEFORE_STEP' && !prompt?.includes('{{');
}

/** One of each approval that this step or one before it waits for. */
function remarksOf({ key }: Step, steps: readonly Step[]): Remark[] {
  const concerned = ancestors(steps, key).add(key);
  return steps
    .filter((step) => step.approval && concerned.has(step.key))
    .map((step) => ({ stepKey: step.key, decision: 'APPROVE', text: '' }));
}

/**
 * In the composed form (NFC) that is sent, which can be the longer one. Postgres puts the members of a context into
 * another order, so that any part of a long one may be cut, and its mark may be longer than that part.
 */
function maxBytesOf(context: PlannedRun['context']): number {
  if (context === null) return 0;
  const text = JSON.stringify(context, null, 1).normalize();
  return Math.min(Buffer.byteLength(text) + maxBytes(0), maxBytes(MAX_CONTEXT_LENGTH));
}

/** Each text can be cut, and has its mark then. */
function maxBytesOfAll(texts: readonly unknown[], maxLength: number): number {
  return texts.length === 0 ? 0 : maxBytes(maxLength) + (texts.length - 1) * maxBytes(0);
}

export interface PlannedRun extends Pick<AgentTask, 'request' | 'context'> {
  steps: readonly Step[];
}
