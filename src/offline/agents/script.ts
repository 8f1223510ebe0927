import type { ModelRequest } from '../../core/llm/language-model.ts';
import type { AgentFacts } from '../../modules/pipelines/agents/agent.ts';
import { materialOf, type Material } from './material.ts';
import { ENGLISH } from './writer-en.ts';
import { KOREAN } from './writer-ko.ts';

/**
 * What the OFFLINE model writes as one of the agents: believable text about any need, without a claim about the
 * world, in Korean for a Korean request and else in English. The same request gives the same text. Undefined for
 * what is not an agent's.
 */
export function agentScript({ task }: ModelRequest): string | undefined {
  const part = PARTS.find((name) => task.name === `agent.${name}`);
  if (!part) return undefined;
  const facts = task.facts as unknown as AgentFacts;
  const writer = HANGUL.test(facts.input) ? KOREAN : ENGLISH;
  return writer[part](materialOf(facts, writer));
}

const PARTS = ['analyzer', 'collector', 'validator', 'synthesizer', 'reporter', 'custom'] as const;

const HANGUL = /\p{scx=Hangul}/u;

/** One language. The texts use the material as it is: it holds no markup. */
export interface Writer extends Record<(typeof PARTS)[number], (material: Material) => string> {
  /** Stands for the subject where the input names none. */
  noSubject: string;
  /** What people put before a subject: "Please write a report on". */
  lead: RegExp;
  /** What they put after it: "by price", "for our board". */
  end: RegExp;
}
