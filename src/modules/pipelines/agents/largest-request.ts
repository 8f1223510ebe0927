import { createNonce } from '../../../core/prompt-safety/isolate.ts';
import type { Step } from '../../designs/design.ts';
import {
  type AgentRequest,
  MAX_CONTEXT_LENGTH,
  MAX_OUTPUTS_LENGTH,
  MAX_PROMPT_LENGTH,
  MAX_SOURCES_LENGTH,
} from './agent.ts';
import { agentOf } from './agents.ts';
import { LARGEST_COLLECTION } from './collect-sources.ts';
import { maxBytes } from './fit-texts.ts';

/**
 * A request of at least as many bytes as any that a step can make in a run of this design and `request`, whatever the
 * steps before it write and its sources, the run's context and a prompt that can still change hold. Blanks stand for
 * those texts.
 */
export function largestRequest(step: Step, steps: readonly Step[], request: string): AgentRequest {
  const agent = agentOf(step.agent);
  const inputs = steps.filter(({ key }) => step.dependsOn.includes(key));
  const collected = agent.collect ? LARGEST_COLLECTION : [];
  const isFixed = isFinal(step);
  const built = agent.buildRequest({
    step: { ...step, prompt: isFixed ? step.prompt : '-' },
    request,
    context: LONGEST_LANGUAGE,
    inputs: inputs.map((input) => ({ ...input, output: null })),
    collected,
    nonce: createNonce(),
  });
  const bytes =
    maxBytes(MAX_CONTEXT_LENGTH) +
    (isFixed ? 0 : maxBytes(MAX_PROMPT_LENGTH)) +
    maxBytesOfAll(inputs, MAX_OUTPUTS_LENGTH) +
    maxBytesOfAll(collected, MAX_SOURCES_LENGTH);
  const messages = built.messages.map((message) => ({
    ...message,
    content: message.content + ' '.repeat(bytes),
  }));
  return { ...built, messages };
}

/** A template's input can fill a placeholder, and whoever approves a step can edit its prompt. */
function isFinal({ prompt, approval }: Step): boolean {
  return approval === null && !prompt?.includes('{{');
}

/** Each text can be cut, and has its mark then. */
function maxBytesOfAll(texts: readonly unknown[], maxLength: number): number {
  return texts.length === 0 ? 0 : maxBytes(maxLength) + (texts.length - 1) * maxBytes(0);
}

/** The language with the longest name. */
const LONGEST_LANGUAGE = { language: 'qug' };
