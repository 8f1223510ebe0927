import type { ModelRequest, ModelTask } from '../../core/llm/language-model.ts';
import { CRITIQUE } from '../../modules/discussion/engine/critic.ts';
import { DESIGN, REFINE } from '../../modules/discussion/engine/designer.ts';
import { READ } from '../../modules/discussion/engine/read-message.ts';
import { replyPlanSchema } from '../../modules/discussion/engine/reply-plan.ts';
import { REPLY_TASK } from '../../modules/discussion/engine/reply.ts';
import type { PromptTask } from '../../modules/discussion/engine/structured-model.ts';
import { builtInRules } from './fallback.ts';
import { offlineReply } from './reply.ts';

/**
 * What the OFFLINE model says in a discussion: the answers of the built-in rules, and replies written from their
 * plan. Undefined for what is not the discussion's.
 */
export function discussionScript({ task }: ModelRequest): string | undefined {
  return PARTS[task.name]?.(task.metadata);
}

const PARTS: Readonly<Record<string, (metadata: ModelTask['metadata']) => string>> = {
  ...part(READ, (message) => builtInRules.read(message)),
  ...part(DESIGN, (facts) => builtInRules.design(facts)),
  ...part(REFINE, (facts) => builtInRules.refine(facts)),
  ...part(CRITIQUE, (facts) => builtInRules.critique(facts)),
  [REPLY_TASK]: (metadata) => offlineReply(replyPlanSchema.parse(metadata['plan'])),
};

/** The metadata of a structured call is what its prompt was made from. */
function part<Facts extends object, T>({ name }: PromptTask<Facts, T>, answer: (facts: Facts) => T) {
  return { [name]: (metadata: object) => JSON.stringify(answer(metadata as Facts)) };
}
