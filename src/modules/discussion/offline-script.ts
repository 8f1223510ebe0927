import type { ModelRequest } from '../../core/llm/language-model.ts';
import { briefSchema } from './brief.ts';
import { CRITIQUE } from './critic.ts';
import { DESIGN, REFINE } from './designer.ts';
import { READ } from './intent.ts';
import { offlineReply } from './offline-reply.ts';
import { REPLY_TASK } from './reply.ts';
import type { Question } from './think.ts';

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
