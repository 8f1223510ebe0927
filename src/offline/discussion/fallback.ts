import type { DesignAnswer, NeedFacts } from '../../modules/discussion/engine/designer.ts';
import type { DiscussionFallback } from '../../modules/discussion/engine/fallback.ts';
import type { Draft } from '../../modules/discussion/engine/proposal.ts';
import { changeDesign } from './changes.ts';
import { critiqueByShape } from './critique.ts';
import { builtInDesign } from './designs.ts';
import { readByPatterns } from './read-message.ts';
import { offlineReply } from './reply.ts';

/** The discussion's answers that need no model: in place of a model that fails, and as the OFFLINE model's part. */
export const builtInRules: DiscussionFallback = {
  read: readByPatterns,
  design: ({ strategy, ...facts }) => answerOf(builtInDesign(strategy, requestOf(facts))),
  refine: ({ draft, change, language, catalog }) =>
    answerOf({ ...draft, ...changeDesign(draft.design, change, { language, catalog }) }),
  critique: critiqueByShape,
  reply: offlineReply,
};

function answerOf({ title, summary, changes, design }: Draft): DesignAnswer {
  return { title, summary, changes, steps: design.steps };
}

function requestOf({ need, memory, language, catalog }: NeedFacts) {
  return { need, requirements: memory.agreedRequirements, language, catalog };
}
