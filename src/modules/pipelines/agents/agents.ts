import type { AgentKind } from '../../designs/agent-kinds.ts';
import type { Agent } from './agent.ts';
import { analyzer } from './analyzer.ts';
import { collector } from './collector.ts';
import { custom } from './custom.ts';
import { reporter } from './reporter.ts';
import { synthesizer } from './synthesizer.ts';
import { validator } from './validator.ts';

export function agentOf(kind: AgentKind): Agent {
  return AGENTS[kind];
}

const AGENTS: Readonly<Record<AgentKind, Agent>> = {
  ANALYZER: analyzer,
  COLLECTOR: collector,
  VALIDATOR: validator,
  SYNTHESIZER: synthesizer,
  REPORTER: reporter,
  CUSTOM: custom,
};
