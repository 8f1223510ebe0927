import type { Material } from './offline-material.ts';
import type { Writer } from './offline-script.ts';

export const ENGLISH: Writer = {
  noSubject: 'the request',
  lead: /^(?:\W*(?:please|hi|hello|can|could|would|will|you|i|we|my|our|us|me|need|want|like|to|help|with|for|a|an|the|some|write|create|make|give|prepare|produce|build|do|get|compare|analy[sz]e|research|investigate|summari[sz]e|study|find|out|explain|review|assess|describe|report|reports|summary|analysis|overview|comparison|brief|list|on|about|of|into)\b)+/iu,

  analyzer: ({ subject, wish, some }) => `## Goal
The reader wants to know where ${subject} stands, why, and what to do about it.${wish ? ` This step was asked to: “${wish}”.` : ''}

## Questions
${numbered([
  `What exactly counts as ${subject}, and what does not?\n   Evidence: a definition that several sources share. Done when: a stranger could sort cases by it.`,
  ...some(
    [
      `How has ${subject} changed lately, and how fast?\n   Evidence: the same measure at two dates. Done when: direction and size are known.`,
      `What drives ${subject}, and what holds it back?\n   Evidence: reasons that independent sources name. Done when: the two strongest of each are known.`,
      `Who is affected by ${subject}, and how differently?\n   Evidence: first-hand accounts. Done when: each group is named with its interest.`,
      `What does ${subject} cost, and who pays for it?\n   Evidence: amounts with a date and a currency. Done when: a range can be given.`,
      `What are the alternatives to ${subject}?\n   Evidence: a comparison by the same criteria. Done when: each has one reason for and one against.`,
      `Which risks come with ${subject}?\n   Evidence: cases in which it went wrong. Done when: each risk has a sign that announces it.`,
    ],
    4,
  ),
])}

## Scope
In: what a decision about ${subject} needs. Out: its history, beyond what explains the present. Period: the last twelve months (assumed). Reader: somebody who decides and has ten minutes (assumed).

## Open points
${some(
  [
    'Which region matters most; the work goes on with all of them.',
    'How much may be spent; the work names prices and leaves the choice open.',
    'Who else will read the result; the work goes on for one reader.',
  ],
  1,
).join('')}`,

  collector: (material) =>
    material.sources.some(({ excerpt }) => excerpt) ? collectedFrom(material) : collectedSample(material),

  validator: ({ subject, title, points, done, skipped, some }) => `## Checks
| # | Claim | Verdict |
| --- | --- | --- |
${claims(points, subject)
  .map((claim, index) => `| ${index + 1} | ${claim} | ${VERDICTS[index % VERDICTS.length]} |`)
  .join('\n')}

## Problems
${numbered(
  some(
    [
      `Two statements about ${subject} use different periods; they must not be compared as they stand.`,
      'One claim is wider than its evidence: it speaks of all cases and shows some.',
      'A reason is given where only a coincidence was shown; it should read “goes along with”.',
      'A statement rests on a single source; it needs a second one or a qualification.',
    ],
    2,
  ),
)}

## Missing
${skipped.length > 0 ? `The work of “${skipped.join('”, “')}” was skipped, so nothing of it could be checked.` : `Nobody says who would object to these findings on ${subject}, and why.`}

## Verdict
“${title}”: ${done === 0 ? 'there was no earlier work to check; what stands above is a plan for checking.' : 'the next steps may rely on what is confirmed, and must qualify the rest.'}`,

  synthesizer: ({ subject, points, skipped, some }) => `## Insights
${numbered(
  claims(points, subject)
    .slice(0, 4)
    .map((claim, index) => `**${claim}**: ${REASONS[index % REASONS.length]}`),
)}

## How it fits together
${some(
  [
    `The steps agree on the direction of ${subject} and differ on its pace. The evidence favours the slower view, which comes from those who are closest to it.`,
    `What looks like a contradiction about ${subject} is one of definitions: once the same cases are counted, both sides say much the same.`,
    `Three independent lines lead to the same picture of ${subject}; the one that does not is also the one with the oldest material.`,
  ],
  1,
).join('')}

## What follows for the request
A first decision on ${subject} is possible now, if it can be taken back; one that binds for years should wait for the open points.

## Still unknown
${skipped.length > 0 ? `“${skipped.join('”, “')}” was skipped and is missing here. ` : ''}How ${subject} behaves under stress, and whether the quiet cases are like the reported ones.`,

  reporter: (material) => report(material),

  custom: ({ subject, title, wish, points, some }) => `## ${title}
${CUSTOM_FORMS.find(({ verb }) => verb.test(wish ?? ''))?.opening ?? 'Here is the result of this step'}: “${wish ?? title}”.

${bullets(claims(points, subject).slice(0, 4))}

${some(
  [
    `For ${subject} the second point weighs most (concluded): it is the only one that can be acted on at once.`,
    `Read together, the points say that ${subject} is less a question of effort than of order (concluded).`,
    `What is missing is a counter-example: one case in which ${subject} went another way (concluded).`,
  ],
  1,
).join('')}`,
};

/** What the pages say, in their own words. */
function collectedFrom({ subject, sources }: Material): string {
  const read = sources.map(({ label, error, excerpt }, index) => ({
    mark: `[S${index + 1}]`,
    label,
    error,
    excerpt,
  }));
  return `## Sources
${bullets(read.map(({ mark, label, error }) => `${mark} ${label}${error === null ? '' : ` (not read: ${error})`}`))}

## Findings
${bullets(read.filter(({ excerpt }) => excerpt).map(({ mark, excerpt }) => `The page begins: “${excerpt}” ${mark}`))}

## Gaps
The OFFLINE model quotes these pages and does not understand them: what they mean for ${subject} is left to the reader.`;
}

function collectedSample({ subject, focus, sources, some }: Material): string {
  const failed = sources.map(({ label, error }) => `Not read: ${label ? `${label}: ` : ''}${error}`);
  return `No source could be read. What follows is offline sample data: it has the form of findings, not their truth.

## Sources
${bullets([
  `[S1] Overview of ${subject} (offline sample, no URL)`,
  `[S2] Notes on ${focus} (offline sample, no URL)`,
  `[S3] Interviews with people who deal with ${subject} (offline sample, no URL)`,
  ...failed,
])}

## Findings
${bullets(
  some(
    [
      `Accounts of ${subject} agree on the direction and differ on the size of the change [S1]`,
      `What is counted under ${focus} differs from source to source, and with it the result [S2]`,
      `Newer material is more cautious about ${focus} than older material [S2]`,
      `Those who deal with ${subject} every day name other problems than those who decide about it [S3]`,
      `Price is the first reason that is given for and against ${subject}, reliability the second [S1]`,
      `Early results on ${focus} were good where the start was small [S3]`,
      `Most summaries of ${subject} go back to the same few first-hand accounts [S1]`,
    ],
    4,
  ),
)}

## Gaps
Nothing on ${focus} is dated, and nobody was asked who decided against it.`;
}

function report({ subject, title, wish, points, cited, done, skipped, some }: Material): string {
  const findings = claims(points, subject).slice(0, 3);
  return `# ${some([`The state of ${subject}`, `What to do about ${subject}`, `A closer look at ${subject}`], 1).join('')}

## Summary
The material supports a clear first step on ${subject} and no more than that. Three findings carry the answer: they point the same way, and each rests on different grounds. The most important reservation is that nobody who decided against it was heard. This report was written by the OFFLINE model, a script that knows nothing of the world: read it as a sample of form, not as fact.

## Findings
${findings.map((finding, index) => `### ${HEADINGS[index]}\n${finding}. ${EXPLANATIONS[index]}`).join('\n\n')}

| Question | Answer so far | Confidence |
| --- | --- | --- |
| Is the direction clear? | Yes, all grounds agree | High |
| Is the size known? | As a range, not as a figure | Medium |
| Is it worth a binding decision? | Not before the open points are closed | Low |

## Recommendations
${numbered([
  ...some(
    [
      'Start small where a mistake can be taken back, and write down beforehand what would count as success.',
      'Let the people who deal with it every day choose the first case, because they know which one is typical.',
      'Agree on one definition before comparing anything, and drop the figures that do not follow it.',
      'Put a date on the decision, and decide then with what is known.',
    ],
    2,
  ),
  'Ask one person who would advise against it, and answer the strongest objection in writing.',
])}

## Sources
${cited.length > 0 ? bullets(cited) : 'This report rests on no external source.'}

## Limits
${done > 0 ? `It uses the work of ${done === 1 ? 'one earlier step' : `${done} earlier steps`}. ` : 'No earlier work was there to build on. '}${skipped.length > 0 ? `“${skipped.join('”, “')}” was skipped, so that side is missing. ` : ''}${wish ? `The order was: “${wish}”. ` : ''}Under “${title}” nothing was measured anew; what the material left open is open here too.`;
}

/** What earlier steps said; where there is none, what can be said of any subject. */
function claims(points: string[], subject: string): string[] {
  const general = [
    `The direction of ${subject} is clearer than its size`,
    `Those who deal with ${subject} every day see it differently from those who decide about it`,
    `Small beginnings with ${subject} went better than large ones`,
  ];
  return points.length >= general.length ? points : [...points, ...general.slice(points.length)];
}

function numbered(items: string[]): string {
  return items.map((item, index) => `${index + 1}. ${item}`).join('\n');
}

function bullets(items: string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

const VERDICTS = [
  'Plausible: fits the rest, but no source shows it',
  'Confirmed: stated twice, independently',
  'Unsupported: no source is named',
  'Plausible: one source, undated',
];

const REASONS = [
  'it is named first by all who speak about it. Confidence: high, since the grounds are independent.',
  'it explains the other findings and costs nothing to assume. Confidence: medium, since it was not tested.',
  'it holds where somebody looked, and few did. Confidence: low, since the cases were not chosen at random.',
  'it follows from the two before it (concluded). Confidence: medium.',
];

const HEADINGS = ['One thing stands out', 'The grounds are independent', 'One question decides the rest'];

const EXPLANATIONS = [
  'Everything else that was found fits with this, and nothing was found that contradicts it.',
  'It was reached on another way than the first finding, which makes both of them stronger.',
  'As long as it is open, every estimate of effort and benefit stays a range.',
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
