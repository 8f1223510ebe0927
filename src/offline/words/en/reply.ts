import { tidy } from '../../../modules/discussion/engine/memory.ts';
import type { DesignSummary } from '../../../modules/discussion/engine/reply-plan.ts';
import {
  allChanges,
  chosenDesign,
  designUnderDiscussion,
  recommended,
  shortName,
  type Topic,
  topicOf,
} from '../../../modules/discussion/engine/reply-plan-selectors.ts';
import { numbered } from '../../agents/markdown.ts';
import type { Phrases, ReplyWords } from '../words.ts';

export const REPLY: ReplyWords = {
  seconds: (count) => `${count} seconds`,
  minutes: (count) => `${count} minutes`,
  and: ' and ',
  changed: (changes) => ` What changed: ${changes}`,
  open: (question) => `\n\nStill open between us: *${question}*`,
  builtIn: '\n\nThe model failed for a part of this, and built-in rules made it; it is marked.',
  nextStep: {
    CONFIRMED: 'The design stays settled as it is; say so if I should change it before you run it.',
    SELECTED: 'Shall I change it that way, or do you say yes to it as it is?',
    OPEN: 'Tell me which one you want, with or without such a change, and I will set it up.',
  },
  texts: {
    CLARIFY: ({ userMessage }, { questions, isGreeted }) => `${
      isGreeted
        ? 'Hello, and welcome!'
        : `Thank you. “${tidy(userMessage, 80)}” is a start, but from that alone I would be guessing.`
    } I turn a need into a pipeline of agents: one splits the question, others collect and check, and one writes the report. You see three designs first, and nothing runs before you have settled one of them.

To begin with, please tell me a little more:

${numbered(questions)}

One sentence is enough, for example *“Compare the three largest EV charging networks for our fleet manager, on two pages at most.”* As soon as I know what should come out and what it is about, the first designs follow; whatever is still unclear then stays on our list of open questions.`,

    PRESENT: (plan, say) => {
      const best = recommended(plan.designs);
      const changes = allChanges(plan.designs);
      return `${
        changes.length > 0
          ? `I went over the designs with that in mind. ${changes.join(' ')} This is how they look now:`
          : 'Here are three ways to do it, and they really differ:'
      }

${plan.designs.map((card, index) => presentCard(card, index, say)).join('\n')}

I would take **${best.title}**. ${best.critique.strengths[0]} Mind one thing: ${lower(best.critique.weaknesses[0]!)}${changes.length > 0 ? '' : say.open(plan)}

Which one do you want? Say *“take the second one, but add a check of the sources”*, ask me anything, or object.`;
    },

    ANSWER: (plan, say) => {
      const card = designUnderDiscussion(plan);
      return `A fair point, and worth settling before anything runs. ${TOPIC_ANSWERS[topicOf(plan.userMessage)](plan.designs, card, say)}

My position: **${shortName(card)}** scores ${card.critique.score} of 10. ${card.critique.strengths[0]} Against it stands this: ${lower(card.critique.weaknesses[0]!)} If that is what worries you, there is a remedy. ${card.critique.suggestions[0]} I would make that change rather than give the design up, because everything else in it serves what you asked for.

${say.nextStep(plan, card)}`;
    },

    CHOOSE: (plan, say) => {
      const best = recommended(plan.designs);
      return `Gladly. I only need to know which of the designs you mean, because none is selected yet:

${numbered(plan.designs.map((card) => `**${shortName(card)}**: ${card.steps.length} steps, about $${card.costUsd} and ${say.time(card.seconds)}, score ${card.critique.score}/10`))}

If you leave it to me, I would go with **${shortName(best)}**. ${best.critique.strengths[0]} It is not free of weaknesses: ${lower(best.critique.weaknesses[0]!)} But it answers best what you have told me so far.

Say *“the first one”*, *“the second one”* or *“the third one”*, or simply *“take the recommended one”*. You can also name what should change, and I will build that in before you confirm.`;
    },

    CONFIRM: (plan, say) => {
      const card = chosenDesign(plan.designs);
      return `**${card.title}** is selected.${say.changed(card)} When it runs, this will happen:

${numbered(card.steps.map((step) => `${step}${markOf(step, card)}`))}

Steps that do not need each other run at the same time. A run costs about **$${card.costUsd}** and takes about **${say.time(card.seconds)}**, not counting the time that people need to decide. One thing to keep in mind: ${lower(card.critique.weaknesses[0]!)}${say.open(plan)}

Shall I settle it like this? Say *“yes”*, or tell me what else should change. Until then nothing is spent on running it.`;
    },

    PLAN: (plan, say) => {
      const card = chosenDesign(plan.designs);
      return `Settled: **${card.title}** is ready to run.${say.changed(card)} It has ${card.steps.length} steps, from “${card.steps[0]}” to “${card.steps.at(-1)}”, and meets what we agreed on:

${numbered(plan.memory.agreedRequirements.slice(0, 4).map((one) => tidy(one, 120)))}

${
  asks(card) === null
    ? 'It runs to its end without asking anybody.'
    : `It will ask for an approval ${asks(card)}; everything that does not depend on it goes on meanwhile.`
} Expect about **$${card.costUsd}** and **${say.time(card.seconds)}** for a run.${say.open(plan)}

Starting it is up to you. You can watch every step and every word as it is written, and stop it at any time. If something turns out differently than you thought, come back here: we can refine the design and settle it again.`;
    },
  },
};

const TOPIC_ANSWERS: Record<
  Topic,
  (designs: readonly DesignSummary[], card: DesignSummary, say: Phrases) => string
> = {
  COST: (designs, _card, say) =>
    `By my estimate a run costs ${say.list(designs.map((card) => `$${card.costUsd} with ${shortName(card)}`))}. What drives it is the number of calls and the class of model: the more steps judge instead of collect, the more it costs. Whatever a run may spend at most is reserved before each call, so a surprise is not possible.`,
  TIME: (designs, _card, say) =>
    `I expect ${say.list(designs.map((card) => `${say.time(card.seconds)} for ${shortName(card)}`))}. What counts is the longest chain of steps that wait for each other; branches that are independent run at the same time and add nothing. Time that people take for an approval comes on top.`,
  PEOPLE: (designs, _card, say) =>
    `${say.list(designs.map((card) => (asks(card) === null ? `${shortName(card)} asks nobody` : `${shortName(card)} asks for an approval ${asks(card)}`)))}. While a request waits, all steps that do not depend on it go on, and it can wait for days. A rejection ends the run, or skips the step where the design says so.`,
  TRUST: (designs, _card, say) =>
    `How far you can rely on the result depends on what is checked before the report: ${say.list(designs.map((card) => `${shortName(card)} scores ${card.critique.score}`))}. A check costs one more call, but it marks each finding as confirmed or doubtful, and that is what a reader will ask for first.`,
  CHOICE: (designs, card, say) =>
    `The designs differ in how much they look at and how much they check: ${say.list(designs.map((one) => `${shortName(one)} has ${one.steps.length} steps and scores ${one.critique.score}`))}. In short, ${lower(card.summary)}`,
};

function markOf(step: string, { asksBefore, asksAfter }: DesignSummary): string {
  if (asksBefore.includes(step)) return ' ✋ *after your approval*';
  return asksAfter.includes(step) ? ' ✋ *which you then approve*' : '';
}

/** Where a person is asked first. Null: nowhere. */
function asks({ asksBefore: [before], asksAfter: [after] }: DesignSummary): string | null {
  if (before !== undefined) return `before “${before}”`;
  return after === undefined ? null : `of what “${after}” has written`;
}

function presentCard(card: DesignSummary, index: number, say: Phrases): string {
  const facts = `score **${card.critique.score}/10**, about $${card.costUsd}, ${say.time(card.seconds)}`;
  return `${index + 1}. **${shortName(card)}** (${facts}). ${firstSentence(card.summary)}`;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
function firstSentence(text: string): string {
  return /^.*?[.!?;](?=\s|$)/u.exec(text)?.[0].replace(/;$/, '.') ?? text;
}
