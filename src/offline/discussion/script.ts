import type { ModelRequest } from '../../core/llm/language-model.ts';
import { briefSchema } from '../../modules/discussion/engine/reply-plan.ts';
import { CRITIQUE } from '../../modules/discussion/engine/critic.ts';
import { DESIGN, REFINE } from '../../modules/discussion/engine/designer.ts';
import { READ } from '../../modules/discussion/engine/read-message.ts';
import { offlineReply } from './reply.ts';
import { REPLY_TASK } from '../../modules/discussion/engine/reply.ts';
import type { Question } from '../../modules/discussion/engine/structured-model.ts';

/**
 * What the OFFLINE model says in a discussion: the product's built-in answers, and replies written from their
 * brief. Undefined for what is not the discussion's.
 */
export function discussionScript({ task }: ModelRequest): string | undefined {
  return PARTS[task.name]?.(task.facts);
}

const PARTS: Readonly<Record<string, (facts: ModelRequest['task']['facts']) => string>> = {
  ...part(READ),
  ...part(DESIGN),
  ...part(REFINE),
  ...part(CRITIQUE),
  [REPLY_TASK]: (facts) => offlineReply(briefSchema.parse(facts['brief'])),
};

/** The facts are those that the same question was asked with. */
function part<Facts extends object, T>(question: Question<Facts, T>) {
  return {
    [question.task]: (facts: object) => JSON.stringify(question.builtIn(facts as Facts)),
  };
}
