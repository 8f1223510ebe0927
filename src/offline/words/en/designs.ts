import type { Aspect, Aspects, ChangeWords, CritiqueWords, DesignWords, OpenTopic } from '../words.ts';

export const DESIGNS: DesignWords = {
  yourRequest: 'your request',
  shortForm: 'Half a page at most: the answer first, then the three facts that carry it.',
  normalForm:
    'One to two pages: a summary of five lines, the findings by topic, a recommendation, and what is still open.',
  fullForm:
    'A full report: a summary, the findings by topic with their evidence, the disagreements and how they were settled, risks, a recommendation, and the list of sources.',
  analyze: (subject) => ({
    title: 'Split the request into questions',
    prompt: `Split the request about “${subject}” into the questions that its reader needs answered. For each one say what would count as a good answer. Name what is unclear, and the assumption you make about it.`,
  }),
  collect: (subject, angle) => ({
    title: `Collect ${angle}`,
    prompt: `On “${subject}”, collect ${angle}. Give every finding with its source and date. Say also what you looked for and did not find.`,
  }),
  check: (subject, check) => ({
    title: `Check ${check}`,
    prompt: `Go through the findings on “${subject}” and check ${check}. Mark each finding as confirmed, doubtful or wrong, with the reason, and drop none silently.`,
  }),
  challenge: (subject, angle) => ({
    title: `Challenge the findings on ${angle}`,
    prompt: `Take the position of a critical reader of what was found on “${subject}” (${angle}). Which finding would not stand, what was left out, and what speaks for the opposite?`,
  }),
  merge: (subject) => ({
    title: 'Merge the findings into one line of argument',
    prompt: `Merge the findings on “${subject}” into one line of argument. Where they disagree, say so, and which side has the better evidence. Keep the source of each statement.`,
  }),
  report: (subject, form) => ({
    title: 'Write the report',
    prompt: `Write the report on “${subject}” in Markdown. ${form}`,
  }),
  mustMeet: 'It must meet:',
  approveFindings: (subject) =>
    `The findings on “${subject}” are merged. Do they cover what you need, so that the report can be written from them?`,
  approveReport: (subject) =>
    `The full report on “${subject}” is written. Is it right as it is? You can change it, or send it back with remarks.`,
  speedTitle: (subject) => `Quick answer: ${subject}`,
  speedSummary: (first) =>
    `Three steps in a row on a small model: split the question, collect ${first}, report. The first usable answer at the lowest cost; nothing is checked twice.`,
  balancedTitle: (subject) => `Balanced brief: ${subject}`,
  balancedSummary: (first, second) =>
    `Two collectors work at the same time, on ${first} and on ${second}; the findings are merged and you approve them before the report is written.`,
  qualityTitle: (subject) => `Thorough study: ${subject}`,
  qualitySummary: (check) =>
    `Both sides are collected apart and each goes through a check of its own (${check}) on a strong model; you approve the full report, which stands as you approved it.`,
};

export const CRITIQUE: CritiqueWords = {
  checked: (title) => `Weak findings are stopped on their way to the report by “${title}”.`,
  unchecked: (title) =>
    `Nothing checks what “${title}” delivers; an error there goes straight into the report.`,
  addCheck: 'Add a check of the sources before the report.',
  wide: (count) => `${count} collectors work at the same time, so the wider view costs hardly any time.`,
  narrow: 'It looks from one side only: what that side does not show is missing from the report.',
  addSource: 'Add a second collector for an independent view.',
  asks: (title) => `A person decides before “${title}”, while a change of course is still cheap.`,
  asksAfter: (title) =>
    `A person reads what “${title}” has written, and corrects it or sends it back; what is approved stands word for word.`,
  waits: (timeoutSeconds) =>
    timeoutSeconds === null
      ? 'The run stands still until somebody answers the approval.'
      : `The run stands still until the approval is answered, and ends without an answer after ${Math.round(timeoutSeconds / 3600)} hours.`,
  nobodyLooks:
    'Nobody sees the findings before the report is finished, so a misunderstanding shows only at the end.',
  addApproval: 'Ask for an approval before the report.',
  small: (count, seconds) =>
    `Only ${count} steps: little can go wrong, and there is an answer after about ${seconds} seconds.`,
  merged: (title) => `Contradictions are settled in “${title}” and not left to the reader.`,
  long: (longest, seconds) =>
    `${longest} steps wait for each other, about ${seconds} seconds in all; one slow step holds up the rest.`,
  costly: (count, costUsd) =>
    `${count} calls cost about $${costUsd} a run, which adds up when it runs often.`,
  smaller: 'Let the collectors run on a smaller model; judgement is needed in the later steps only.',
  runs: (count) => `The ${count} steps have a clear order and one result.`,
  untried: 'It has not been tried on real material yet.',
  tryFirst: 'Run it once on a small part of the material first.',
};

export const CHANGES: ChangeWords = {
  check: (object, text) => ({
    title: `Check: ${object}`,
    prompt: `Check what was found before it is used. Asked for: “${text}”. Mark each finding as confirmed, doubtful or wrong, with the reason and the source that decides it.`,
  }),
  collect: (object, text) => ({
    title: `Collect: ${object}`,
    prompt: `Collect what was asked for: “${text}”. Give every finding with its source and date.`,
  }),
  custom: (title, text) => ({
    title,
    prompt: `Do this with what the earlier steps found, and pass on what matters to the next one: “${text}”.`,
  }),
  question: (title, text) =>
    `“${title}” is about to run. You wanted to decide first: “${text}”. Shall it go on?`,
  questionAfter: (title, text) =>
    `“${title}” has been written. You wanted to check it: “${text}”. Is it right as it is?`,
  added: (title) => `Added the step “${title}”.`,
  removed: (title) => `Removed the step “${title}”; what came after it now follows what came before.`,
  approval: (title) => `A person now decides before “${title}” runs.`,
  approvalAfter: (title) =>
    `A person now checks what “${title}” has written; what is approved stands as it is.`,
  noApproval: (title) => `“${title}” no longer waits for a person.`,
  nobodyAsked: 'No step waits for a person, so nothing had to change.',
  instructed: (title, text) => `“${title}” now also follows “${text}”.`,
  faster: 'All steps run on the quick model and answer more briefly.',
  deeper: 'All steps run on the strong model and may answer at greater length.',
};

export const ASPECTS: Record<Aspect, Aspects> = {
  COMPARISON: {
    first: 'features and limits of each candidate',
    second: 'prices, terms and user experience',
    check: 'that every candidate is measured by the same criteria',
  },
  LEGAL: {
    first: 'the clauses and rules that apply',
    second: 'precedents, deadlines and penalties',
    check: 'that every statement cites its clause',
  },
  SOFTWARE: {
    first: 'structure, interfaces and dependencies',
    second: 'known problems, risks and test gaps',
    check: 'that every finding can be reproduced from the code',
  },
  FEEDBACK: {
    first: 'what people praise and complain about',
    second: 'how often each theme comes up, and for whom',
    check: 'that every theme rests on several quotes',
  },
  MARKET: {
    first: 'market figures and trends',
    second: 'moves and prices of the competitors',
    check: 'that figures agree across sources and carry their date',
  },
  DATA: {
    first: 'totals, trends and outliers',
    second: 'differences between groups and periods',
    check: 'that the sums add up and gaps in the data are named',
  },
  NEWS: {
    first: 'what happened, from first-hand reports',
    second: 'what experts and those concerned make of it',
    check: 'that each item has a date and two independent reports',
  },
  WRITING: {
    first: 'facts and examples worth telling',
    second: 'what the audience already knows and asks',
    check: 'that claims are true and the tone fits the audience',
  },
  GENERAL: {
    first: 'facts from primary sources',
    second: 'independent views and counter-examples',
    check: 'that every claim has a source that can be opened',
  },
};

export const QUESTIONS: Record<OpenTopic, string> = {
  RESULT: 'What should come out at the end, and what is it about?',
  READERS: 'Who will read the result, and what will they decide with it?',
  SOURCES: 'Which sources may be used, and are there any to leave out?',
  PERIOD: 'Which period should it cover, and how fresh must the facts be?',
  FORM: 'How long should the report be, and in which form?',
};
