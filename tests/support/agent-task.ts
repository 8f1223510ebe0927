import type { AgentTask } from '../../src/modules/pipelines/agents/agent.ts';
import { createNonce } from '../../src/core/prompt-safety/isolate.ts';
import { stepSchema } from '../../src/modules/designs/design.ts';

/** A default task. */
export function makeTask({ step, ...rest }: TaskInit = {}): AgentTask {
  return {
    step: { ...stepSchema.parse({ key: 'collect', agent: 'COLLECTOR', title: 'Collect prices' }), ...step },
    request: 'Compare the three biggest e-bike makers in Europe.',
    context: null,
    inputs: [],
    remarks: [],
    draft: null,
    nonce: createNonce(),
    ...rest,
  };
}

type TaskInit = Partial<Omit<AgentTask, 'step'>> & { step?: Partial<AgentTask['step']> };
