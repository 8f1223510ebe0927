import type { DesignSummary, ReplyKind, ReplyPlan } from '../../modules/discussion/engine/reply-plan.ts';
import {
  allChanges,
  designUnderDiscussion,
  recommended,
  chosenDesign,
  shortName,
  type Topic,
  topicOf,
} from '../../modules/discussion/engine/reply-plan-selectors.ts';
import { tidy } from '../../modules/discussion/engine/memory.ts';
import { isGreeting, questionsOf } from './request-parsing.ts';

export const ENGLISH_REPLIES: Record<ReplyKind, (plan: ReplyPlan) => string> = {
  CLARIFY: ({ userMessage, memory }) => `${
    isGreeting(userMessage)
      ? 'Hello, and welcome!'
      : `Thank you. “${tidy(userMessage, 80)}” is a start, but from that alone I would be guessing.`
  } I turn a need into a pipeline of agents: one splits the question, others collect and check, and one writes the report. You see three designs first, and nothing runs before you have settled one of them.

To begin with, please tell me a little more:

${list(questionsOf(memory, 'en'))}

One sentence is enough, for example *“Compare the three largest EV charging networks for our fleet manager, on two pages at most.”* As soon as I know what should come out and what it is about, the first designs follow; whatever is still unclear then stays on our list of open questions.`,

  PRESENT: (plan) => {
    const best = recommended(plan.designs);
    const changes = allChanges(plan.designs);
    return `${
      changes.length > 0
        ? `I went over the designs with that in mind. ${changes.join(' ')} This is how they look now:`
        : 'Here are three ways to do it, and they really differ:'
    }

${plan.designs.map(presentCard).join('\n')}

I would take **${best.title}**. ${best.critique.strengths[0]} Mind one thing: ${lower(best.critique.weaknesses[0]!)}${changes.length > 0 ? '' : stillOpen(plan)}

Which one do you want? Say *“take the second one, but add a check of the sources”*, ask me anything, or object.`;
  },

  ANSWER: (plan) => {
    const card = designUnderDiscussion(plan);
    return `A fair point, and worth settling before anything runs. ${TOPIC_ANSWERS[topicOf(plan.userMessage)](plan.designs, card)}

My position: **${shortName(card)}** scores ${card.critique.score} of 10. ${card.critique.strengths[0]} Against it stands this: ${lower(card.critique.weaknesses[0]!)} If that is what worries you, there is a remedy. ${card.critique.suggestions[0]} I would make that change rather than give the design up, because everything else in it serves what you asked for.

${nextStep(plan, card)}`;
  },

  CHOOSE: (plan) => {
    const best = recommended(plan.designs);
    return `Gladly. I only need to know which of the designs you mean, because none is selected yet:

${list(plan.designs.map((card) => `**${shortName(card)}**: ${card.steps.length} steps, about $${card.costUsd} and ${readableTime(card.seconds)}, score ${card.critique.score}/10`))}

If you leave it to me, I would go with **${shortName(best)}**. ${best.critique.strengths[0]} It is not free of weaknesses: ${lower(best.critique.weaknesses[0]!)} But it answers best what you have told me so far.

Say *“the first one”*, *“the second one”* or *“the third one”*, or simply *“take the recommended one”*. You can also name what should change, and I will build that in before you confirm.`;
  },

  CONFIRM: (plan) => {
    const card = chosenDesign(plan.designs);
    return `**${card.title}** is selected.${whatChanged(card)} When it runs, this will happen:

${list(card.steps.map((step) => (card.asksBefore.includes(step) ? `${step} ✋ *after your approval*` : step)))}

Steps that do not need each other run at the same time. A run costs about **$${card.costUsd}** and takes about **${readableTime(card.seconds)}**, not counting the time that people need to decide. One thing to keep in mind: ${lower(card.critique.weaknesses[0]!)}${stillOpen(plan)}

Shall I settle it like this? Say *“yes”*, or tell me what else should change. Until then nothing is spent on running it.`;
  },

  PLAN: (plan) => {
    const card = chosenDesign(plan.designs);
    return `Settled: **${card.title}** is ready to run.${whatChanged(card)} It has ${card.steps.length} steps, from “${card.steps[0]}” to “${card.steps.at(-1)}”, and meets what we agreed on:

${list(plan.memory.agreedRequirements.slice(0, 4).map((one) => tidy(one, 120)))}

${
  card.asksBefore.length > 0
    ? `It will ask for an approval before “${card.asksBefore[0]}”; everything that does not depend on it goes on meanwhile.`
    : 'It runs to its end without asking anybody.'
} Expect about **$${card.costUsd}** and **${readableTime(card.seconds)}** for a run.${stillOpen(plan)}

Starting it is up to you. You can watch every step and every word as it is written, and stop it at any time. If something turns out differently than you thought, come back here: we can refine the design and settle it again.`;
  },
};

const TOPIC_ANSWERS: Record<Topic, (designs: readonly DesignSummary[], card: DesignSummary) => string> = {
  COST: (designs) =>
    `By my estimate a run costs ${join(designs.map((card) => `$${card.costUsd} with ${shortName(card)}`))}. What drives it is the number of calls and the class of model: the more steps judge instead of collect, the more it costs. Whatever a run may spend at most is reserved before each call, so a surprise is not possible.`,
  TIME: (designs) =>
    `I expect ${join(designs.map((card) => `${readableTime(card.seconds)} for ${shortName(card)}`))}. What counts is the longest chain of steps that wait for each other; branches that are independent run at the same time and add nothing. Time that people take for an approval comes on top.`,
  PEOPLE: (designs) =>
    `${join(designs.map((card) => (card.asksBefore.length > 0 ? `${shortName(card)} asks before “${card.asksBefore[0]}”` : `${shortName(card)} asks nobody`)))}. While a request waits, all steps that do not depend on it go on, and it can wait for days. A rejection ends the run, or skips the step where the design says so.`,
  TRUST: (designs) =>
    `How far you can rely on the result depends on what is checked before the report: ${join(designs.map((card) => `${shortName(card)} scores ${card.critique.score}`))}. A check costs one more call, but it marks each finding as confirmed or doubtful, and that is what a reader will ask for first.`,
  CHOICE: (designs, card) =>
    `The designs differ in how much they look at and how much they check: ${join(designs.map((one) => `${shortName(one)} has ${one.steps.length} steps and scores ${one.critique.score}`))}. In short, ${lower(card.summary)}`,
};

function nextStep({ stage }: ReplyPlan, card: DesignSummary): string {
  if (stage === 'PLAN')
    return 'The design stays settled as it is; say so if I should change it before you run it.';
  return card.selected
    ? 'Shall I change it that way, or do you say yes to it as it is?'
    : 'Tell me which one you want, with or without such a change, and I will set it up.';
}

function presentCard(card: DesignSummary, index: number): string {
  const facts = `score **${card.critique.score}/10**, about $${card.costUsd}, ${readableTime(card.seconds)}`;
  return `${index + 1}. **${shortName(card)}** (${facts}). ${firstSentence(card.summary)}`;
}

function whatChanged(card: DesignSummary): string {
  return card.changes.length > 0 ? ` What changed: ${card.changes.slice(0, 3).join(' ')}` : '';
}

function stillOpen({ memory }: ReplyPlan): string {
  const [question] = memory.openQuestions;
  return question ? `\n\nStill open between us: *${question}*` : '';
}

function readableTime(seconds: number): string {
  return seconds < 100 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}

function list(lines: readonly string[]): string {
  return lines.map((line, index) => `${index + 1}. ${line}`).join('\n');
}

function join(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function firstSentence(text: string): string {
  return /^.*?[.!?;](?=\s|$)/u.exec(text)?.[0].replace(/;$/, '.') ?? text;
}
