import type { ModelRequest } from '../../core/llm/language-model.ts';
import type { AgentMetadata } from '../../modules/pipelines/agents/agent.ts';
import { materialOf } from './material.ts';
import { ENGLISH } from './writer-en.ts';
import { KOREAN } from './writer-ko.ts';
import { PARTS } from './writer.ts';

/**
 * What the OFFLINE model writes as one of the agents: believable text about any need, without a claim about the
 * world, in Korean for a Korean request and else in English. The same request gives the same text. Undefined for
 * what is not an agent's.
 */
export function agentScript({ task }: ModelRequest): string | undefined {
  const part = PARTS.find((name) => task.name === `agent.${name}`);
  if (!part) return undefined;
  const metadata = task.metadata as unknown as AgentMetadata;
  const writer = HANGUL.test(metadata.input) ? KOREAN : ENGLISH;
  return writer[part](materialOf(metadata, writer));
}

const HANGUL = /\p{scx=Hangul}/u;
