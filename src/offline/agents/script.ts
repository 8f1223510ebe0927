import type { ModelRequest } from '../../core/llm/language-model.ts';
import { AGENT_KIND_NAMES, agentName } from '../../modules/designs/agent-kinds.ts';
import { languageOf } from '../../modules/discussion/engine/language.ts';
import type { AgentMetadata } from '../../modules/pipelines/agents/agent.ts';
import { materialOf } from './material.ts';
import { wordsOf } from '../words/language.ts';

/**
 * What the OFFLINE model writes as one of the agents: believable text about any need, without a claim about the
 * world, in the language of the request where there are words of it, else in English. The same request gives the same text. Undefined for
 * what is not an agent's.
 */
export function agentScript({ task }: ModelRequest): string | undefined {
  const kind = AGENT_KIND_NAMES.find((one) => task.name === `agent.${agentName(one)}`);
  if (!kind) return undefined;
  const metadata = task.metadata as unknown as AgentMetadata;
  const { agents: writer } = wordsOf(languageOf(metadata.request, [], null));
  const write = writer.texts[kind] ?? writer.texts.CUSTOM;
  return write(materialOf(metadata, writer));
}
