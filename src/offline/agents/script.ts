import type { ModelRequest } from '../../core/llm/language-model.ts';
import { AGENT_KIND_NAMES, agentName } from '../../modules/designs/agent-kinds.ts';
import { languageOf } from '../../modules/discussion/engine/language.ts';
import { tidy } from '../../modules/discussion/engine/memory.ts';
import type { AgentMetadata } from '../../modules/pipelines/agents/agent.ts';
import { materialOf } from './material.ts';
import { wordsOf } from '../words/language.ts';

/**
 * What the OFFLINE model writes as one of the agents: believable text about any need, without a claim about the
 * world, in the language of the request where there are words of it, else in English. The same request and the same
 * remarks give the same text. Undefined for
 * what is not an agent's.
 */
export function agentScript({ task }: ModelRequest): string | undefined {
  const kind = AGENT_KIND_NAMES.find((one) => task.name === `agent.${agentName(one)}`);
  if (!kind) return undefined;
  const metadata = task.metadata as unknown as AgentMetadata;
  const { agents: writer } = wordsOf(languageOf(metadata.request, [], null));
  const write = writer.texts[kind] ?? writer.texts.CUSTOM;
  const text = write(materialOf(metadata, writer));
  const remarks = metadata.remarks.map((remark) => tidy(remark.text, MAX_REMARK_LENGTH));
  return remarks.length > 0 ? `${text}\n\n${writer.remarked(remarks)}` : text;
}

const MAX_REMARK_LENGTH = 200;
