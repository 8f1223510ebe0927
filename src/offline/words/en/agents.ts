import { bullets, numbered, quoted, sourceSection, table } from '../../agents/markdown.ts';
import { filledUp, type Material, numberSources } from '../../agents/material.ts';
import type { Writer } from '../../agents/writer.ts';

export const AGENTS: Writer = {
  noSubject: 'the request',
  lead: /^(?:\W*\b(?:please|hi|hello|hey|what|which|how|why|where|are|is|do|does|tell|decide|choose|know|understand|whether|if|and|then|let|can|could|would|will|should|you|i|we|my|our|us|me|need|want|like|to|help|with|for|some|write|create|make|give|prepare|produce|build|do|get|compare|analy[sz]e|research|investigate|summari[sz]e|study|find|out|explain|review|assess|describe|on|about|of|into|(?:an? |the )?(?:short |brief |quick |detailed |full |weekly |monthly )*(?:reports?|summary|analysis|overview|comparison|briefing|study|list))\b)+/iu,
  end: /[,;:(]| (?:by|for (?:our|my|us|me|the)|so that|and (?:then )?(?:write|give|make|send|tell|recommend|produce|prepare|report|summari[sz]e)|using|because|in order|which|who|that|with)\b|(?: (?:of|for|and|the|an?|in|on|to|from|our|my|or|at|is|are))+$/iu,

  remarked: (remarks) => `## Remarks that this text follows\n${bullets(remarks)}`,

  texts: {
    ANALYZER: (material) => `## Goal
After this the reader knows what to expect of ${material.subject}, why, and what to do about it. This step was asked to: “${material.order}”.

## Questions
${numbered([
  `What exactly belongs to ${material.subject}, and what does not?\n   Evidence: a definition that several sources share. Done when: a stranger could sort cases by it.`,
  ...material.some(questions(material.subject), 4),
])}

## Scope
In: what a decision about ${material.subject} needs. Out: its history, beyond what explains the present. Period: the last twelve months (assumed). Reader: somebody who decides and has ten minutes (assumed).

## Open points
${material.some(OPEN_POINTS, 1).join('')}`,

    COLLECTOR: (material) =>
      material.sources.some(({ excerpt }) => excerpt) ? collectedPages(material) : collectedSample(material),

    VALIDATOR: ({ subject, order, points, cited, done, skipped, some }) => `## Checks
${table(
  ['#', 'Claim', 'Verdict'],
  filledUp(points, generalClaims(subject)).map((claim, index) => [
    `${index + 1}`,
    claim,
    VERDICTS[index % VERDICTS.length]!,
  ]),
)}

## Problems
${numbered(some(problems(subject), 2))}

## Missing
${skipped.length > 0 ? `${quoted(skipped)} was skipped: nothing of it could be checked.` : `Nobody says who would object to these findings about ${subject}, and why.`}

## Verdict
“${order}”: ${done === 0 ? 'there was no earlier work to check; what stands above is a plan for checking.' : 'the next steps may rely on what is confirmed, and must qualify the rest.'}${sourceSection('Sources', cited)}`,

    SYNTHESIZER: ({ subject, order, points, cited, skipped, some }) => `## Insights
${numbered(
  filledUp(points, generalClaims(subject))
    .slice(0, 4)
    .map((claim, index) => `**${claim}** ${REASONS[index % REASONS.length]}`),
)}

## How it fits together
${some(pictures(subject), 1).join('')} The order was: “${order}”.

## What follows for the request
A first decision about ${subject} is possible now, if it can be taken back; one that binds for years should wait for the open points.

## Still unknown
${skipped.length > 0 ? `What ${quoted(skipped)} would have added: it was skipped. ` : ''}What happens to ${subject} under stress, and whether the quiet cases are like the reported ones.${sourceSection('Sources', cited)}`,

    REPORTER: (material) => report(material),

    CUSTOM: ({ subject, title, order, points, cited, some }) => `## ${title}
${CUSTOM_FORMS.find(({ verb }) => verb.test(order))?.opening ?? 'The result of this step, as asked'}: “${order}”.

${bullets(filledUp(points, generalClaims(subject)).slice(0, 4))}

${some(conclusions(subject), 1).join('')}${sourceSection('Sources', cited)}`,
  },
};

/** What the pages say, in their own words. */
function collectedPages({ subject, sources, order }: Material): string {
  return `## Sources
${bullets(sources.map(({ mark, label, error }) => `${mark} ${label || 'Source'}${error === null ? '' : ` (not read: ${error})`}`))}

## Findings
${bullets(sources.filter(({ excerpt }) => excerpt).map(({ mark, excerpt }) => `The page begins: ${excerpt} ${mark}`))}

## Gaps
The OFFLINE model quotes these pages and does not understand them: what they mean for ${subject} is left to the reader. It was asked to: “${order}”.`;
}

function collectedSample({ subject, focus, order, sources, mark, some }: Material): string {
  const kinds = [`Overview of ${subject}`, `Notes on ${focus}`, `Interviews about ${subject}`];
  const failed = sources.map(({ label, error }) => `Not read: ${[label, error].filter(Boolean).join(': ')}`);
  return `No source could be read. What follows is offline sample data: it has the form of findings, not their truth.

## Sources
${bullets([...kinds.map((kind, index) => `${mark(index)} ${kind} (offline sample, no URL)`), ...failed])}

## Findings
${bullets(some(findings(subject, focus, [mark(0), mark(1), mark(2)]), 4))}

## Gaps
Nothing on ${focus} is dated, and nobody was asked who decided against it. The order was: “${order}”.`;
}

function report({ subject, order, points, cited, done, skipped, some }: Material): string {
  const { points: found, sources } = numberSources(
    filledUp(points, generalClaims(subject)).slice(0, 3),
    cited,
  );
  return `# ${some([`What to expect of ${subject}`, `What to do about ${subject}`, `A closer look at ${subject}`], 1).join('')}

## Summary
On ${subject}, the material supports a first step and no more. Three findings carry that answer, each on grounds of its own. The main reservation: nobody was heard who decided against it. This report was written by the OFFLINE model, a script that knows nothing of the world: it shows the form, not facts.

## Findings
${found.map((finding, index) => `### ${HEADINGS[index]}\n${finding}. ${EXPLANATIONS[index]}`).join('\n\n')}

${table(
  ['Question', 'Answer so far', 'Confidence'],
  [
    ['Is the direction clear?', 'Yes, all grounds agree', 'High'],
    ['Is the size known?', 'As a range, not as a figure', 'Medium'],
    ['Is it time for a binding decision?', 'Not before the open points are closed', 'Low'],
  ],
)}

## Recommendations
${numbered([...some(RECOMMENDATIONS, 1), 'Ask one person who would advise against it, and answer the strongest objection in writing.'])}

## Sources
${sources.length > 0 ? bullets(sources) : 'This report rests on no external source.'}

## Limits
${done > 0 ? `Earlier work that was used: ${done} ${done === 1 ? 'text' : 'texts'}.` : 'There was no earlier work to build on.'}${skipped.length > 0 ? ` ${quoted(skipped)} was skipped, so that side is missing.` : ''} Nothing was measured anew, and what the material left open is open here too. The order was: “${order}”.`;
}

/** What can be said of any subject. */
const generalClaims = (subject: string) => [
  `About ${subject}, the direction is clearer than the size`,
  `Those who deal with ${subject} every day see other problems than those who decide`,
  `Small beginnings with ${subject} went better than large ones`,
];

const questions = (subject: string) => [
  `What has changed with ${subject} lately, and how fast?\n   Evidence: the same measure at two dates. Done when: direction and size are known.`,
  `What speaks for ${subject}, and what against?\n   Evidence: reasons that independent sources name. Done when: the two strongest of each are known.`,
  `Who is affected by ${subject}, and how differently?\n   Evidence: first-hand accounts. Done when: each group is named with its interest.`,
  `Which costs come with ${subject}, and who bears them?\n   Evidence: amounts with date and currency. Done when: a range can be given.`,
  `What are the alternatives to ${subject}?\n   Evidence: a comparison by the same criteria. Done when: each has one reason for and one against.`,
  `Which risks come with ${subject}?\n   Evidence: cases in which it went wrong. Done when: each risk has a sign that announces it.`,
];

const findings = (
  subject: string,
  focus: string,
  [overview, notes, interviews]: [string, string, string],
) => [
  `Accounts of ${subject} agree on the direction and differ on the size ${overview}`,
  `Price is the first reason given for and against ${subject}, reliability the second ${overview}`,
  `Most summaries of ${subject} go back to the same few first-hand accounts ${overview}`,
  `What is counted under ${focus} differs, and with it the result ${notes}`,
  `Newer material is more cautious about ${focus} than older material ${notes}`,
  `Those who deal with ${subject} every day name other problems than those who decide ${interviews}`,
  `First results on ${focus} were good where the start was small ${interviews}`,
];

const problems = (subject: string) => [
  `Two statements about ${subject} use different periods; they must not be compared as they stand.`,
  'One claim is wider than its evidence: it speaks of all cases and shows some.',
  'A reason is given where only a coincidence was shown; it should read “goes along with”.',
  'A statement rests on a single source; it needs a second one or a qualification.',
];

const pictures = (subject: string) => [
  `The steps agree on where ${subject} will lead and differ on the pace. The evidence favours the slower view, which comes from those who are closest to it.`,
  `What looks like a contradiction about ${subject} is one of definitions: once the same cases are counted, both sides say much the same.`,
  `Three independent lines give the same picture of ${subject}; the one that does not is also the one with the oldest material.`,
];

const conclusions = (subject: string) => [
  `For ${subject} the second point weighs most (concluded): it is the one that can be acted on at once.`,
  `Read together, the points make ${subject} a question of order more than of effort (concluded).`,
  `A counter-example is missing: one case in which ${subject} took another course (concluded).`,
];

const OPEN_POINTS = [
  'Which region matters most; the work goes on with all of them.',
  'How much may be spent; the work names prices and leaves the choice open.',
  'Who else will read the result; the work goes on for one reader.',
];

const VERDICTS = [
  'Plausible: fits the rest, not shown',
  'Confirmed: said twice, independently',
  'Unsupported: wider than its source',
  'Plausible: one source, undated',
];

const REASONS = [
  'All who speak about it name it first. Confidence: high, since their grounds are independent.',
  'It explains the other findings and costs nothing to assume. Confidence: medium, since it was not tested.',
  'It holds where somebody looked, and few did. Confidence: low, since the cases were not chosen at random.',
  'It follows from those before it (concluded). Confidence: medium.',
];

const HEADINGS = ['One thing stands out', 'The grounds are independent', 'One question decides the rest'];

const EXPLANATIONS = [
  'Everything else that was found fits with this, and nothing contradicts it.',
  'It was reached in another way than the first finding, which makes both stronger.',
  'As long as it is open, every estimate of effort and benefit stays a range.',
];

const RECOMMENDATIONS = [
  'Start small where a mistake can be taken back, and write down beforehand what would count as success.',
  'Let the people who deal with it every day choose the first case, because they know which one is typical.',
  'Agree on one definition before comparing anything, and drop the figures that do not follow it.',
  'Put a date on the decision, and decide then with what is known.',
];

/** How the answer to a prompt begins, by what the prompt asks for. */
const CUSTOM_FORMS = [
  {
    verb: /^translat/i,
    opening: 'The OFFLINE model cannot translate; these are the points to be translated, as asked',
  },
  { verb: /^(?:summari[sz]|shorten|condense)/i, opening: 'The essence, as asked' },
  { verb: /^(?:compare|contrast|rank|score|rate)/i, opening: 'Side by side, the strongest first, as asked' },
  { verb: /^(?:list|name|extract|find|collect|identify)/i, opening: 'What was found, as asked' },
  {
    verb: /^(?:check|review|verify|test|challenge|criti)/i,
    opening: 'What stands up to a second look, as asked',
  },
  { verb: /^(?:write|draft|compose|rewrite|create|prepare)/i, opening: 'A first draft, as asked' },
  { verb: /^(?:explain|describe|tell)/i, opening: 'In plain words, as asked' },
];
