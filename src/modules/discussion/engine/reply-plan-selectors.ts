import type { ReplyPlan, DesignSummary } from './reply-plan.ts';
import type { ContentSource } from './proposal.ts';

/** The design with the highest score; the cheaper one of equals. */
export function recommended(designs: readonly DesignSummary[]): DesignSummary {
  return designs.reduce((best, design) => {
    const lead = design.critique.score - best.critique.score;
    return lead > 0 || (lead === 0 && Number(design.costUsd) < Number(best.costUsd)) ? design : best;
  });
}

/** The design that a reply is about: the one that was named, the selected one, or the recommended one. */
export function designUnderDiscussion({ designs, about }: ReplyPlan): DesignSummary {
  return designs.find((design) => design.strategy === about) ?? chosenDesign(designs);
}

/** The selected design; before there is one, the recommended one. */
export function chosenDesign(designs: readonly DesignSummary[]): DesignSummary {
  return designs.find((design) => design.selected) ?? recommended(designs);
}

/** "Quick answer: EV charging" is called "Quick answer" where all designs are about the same. */
export function shortName({ title }: DesignSummary): string {
  return title.split(': ', 1)[0]!;
}

/** The changes of all designs without duplicates. */
export function allChanges(designs: readonly DesignSummary[]): string[] {
  return [...new Set(designs.flatMap((design) => design.changes))].slice(0, 3);
}

/** What the built-in rules made because the model failed, one phrase each; empty where all is a model's. */
export function madeByRules({ readingSource, designs }: ReplyPlan): string[] {
  const isBuiltIn = ({ source }: { source: ContentSource }) => source === 'BUILT_IN';
  return [
    ...(readingSource === 'BUILT_IN' ? ['the reading of the newest message'] : []),
    ...designs.filter(isBuiltIn).map(({ strategy }) => `the design ${strategy}`),
    ...designs
      .filter(({ critique }) => isBuiltIn(critique))
      .map(({ strategy }) => `the critique and score of ${strategy}`),
  ];
}

/** The topic of a question, by keywords. */
export function topicOf(message: string): Topic {
  return TOPICS.find(({ pattern }) => pattern.test(message))?.topic ?? 'CHOICE';
}

const TOPICS: readonly { topic: Topic; pattern: RegExp }[] = [
  {
    topic: 'COST',
    pattern:
      /\b(cost\w*|price\w*|expensive|cheaper|budget|money|dollars?|tokens?)\b|비용|가격|비싸|예산|돈/iu,
  },
  { topic: 'PEOPLE', pattern: /\b(approv\w*|human|people|person|decides?|control)\b|승인|사람|결정/iu },
  {
    topic: 'TRUST',
    pattern:
      /\b(trust\w*|reliab\w*|correct\w*|accura\w*|wrong|errors?|risk\w*|check\w*|sources?|hallucinat\w*)\b|신뢰|정확|오류|위험|검증|출처/iu,
  },
  {
    topic: 'TIME',
    pattern:
      /\b(time|how long|slow\w*|faster|how (fast|quick\w*)|seconds?|minutes?|wait\w*)\b|시간|오래|느리|빨리|몇 초|몇 분/iu,
  },
];

export type Topic = 'COST' | 'TIME' | 'PEOPLE' | 'TRUST' | 'CHOICE';
