import type { DesignSummary, ReplyPlan } from '../../modules/discussion/engine/reply-plan.ts';
import { madeByRules } from '../../modules/discussion/engine/reply-plan-selectors.ts';
import { wordedLanguage, WORDS } from '../words/language.ts';
import type { Phrases, ReplyWords } from '../words/words.ts';
import { isGreeting, questionsOf } from './request-parsing.ts';

/** The text of a reply in Markdown, written from its plan, without a model. */
export function offlineReply(plan: ReplyPlan): string {
  const language = wordedLanguage(plan.language);
  const words = WORDS[language].reply;
  const say: Phrases = {
    ...phrasesOf(words),
    questions: questionsOf(plan.memory, language),
    isGreeted: isGreeting(plan.userMessage),
  };
  const note = madeByRules(plan).length > 0 ? words.builtIn : '';
  return `${words.texts[plan.kind](plan, say)}${note}`;
}

function phrasesOf(words: ReplyWords): Omit<Phrases, 'questions' | 'isGreeted'> {
  return {
    list: (parts) =>
      parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')}${words.and}${parts.at(-1)}`,
    time: (seconds) => (seconds < 100 ? words.seconds(seconds) : words.minutes(Math.round(seconds / 60))),
    changed: ({ changes }) => (changes.length > 0 ? words.changed(changes.slice(0, 3).join(' ')) : ''),
    open: ({ memory }) => (memory.openQuestions[0] ? words.open(memory.openQuestions[0]) : ''),
    nextStep: ({ stage }, design) => words.nextStep[nextStepAt(stage, design)],
  };
}

function nextStepAt(stage: ReplyPlan['stage'], { selected }: DesignSummary): keyof ReplyWords['nextStep'] {
  if (stage === 'PLAN') return 'CONFIRMED';
  return selected ? 'SELECTED' : 'OPEN';
}
