import { describe, expect, it } from 'vitest';
import { cleanText } from '../../src/core/prompt-safety/clean-text.ts';
import { readAnswer } from '../../src/core/llm/structured/read-answer.ts';
import { CRITIQUE } from '../../src/modules/discussion/engine/critic.ts';
import { detectInjection } from '../../src/core/prompt-safety/detect-injection.ts';
import { INJECTION_RULES } from '../../src/core/prompt-safety/injection-rules.ts';
import { languageOf } from '../../src/modules/discussion/engine/language.ts';
import { topicOf } from '../../src/modules/discussion/engine/reply-plan-selectors.ts';
import { readByPatterns } from '../../src/offline/discussion/read-message.ts';
import { sentencesOf, subjectOf, titleOf } from '../../src/offline/discussion/request-parsing.ts';
import { flowchart } from '../../src/modules/designs/mermaid.ts';
import type { AgentMetadata } from '../../src/modules/pipelines/agents/agent.ts';
import { urlsIn } from '../../src/modules/pipelines/agents/collect-sources.ts';
import { builtInDesign } from '../../src/offline/discussion/designs.ts';
import { changeDesign } from '../../src/offline/discussion/changes.ts';
import { materialOf } from '../../src/offline/agents/material.ts';
import { ENGLISH } from '../../src/offline/words/en/english.ts';
import { KOREAN } from '../../src/offline/words/ko/korean.ts';
import { makeTask } from '../support/agent-task.ts';
import { catalogOf } from '../support/structured-models.ts';
import { incomingMessage } from '../support/incoming-message.ts';

/** What patterns repeat, or nearly match, in the languages that they know. */
const WORDS =
  `ignore disregard all any every each of the these my your and previous prior above instructions rules
  system developer prompt now you are show reveal print me us out back this that to with from full tell repeat what
  is in secret hidden keys api secrets new act pretend decode append data a b 1 무시 지시 시스템 모든 이전 비교 추가
  하지만 を この 以前 システム すべて 忽略 所有 你的 之前 ignora las os le tus deine alle все эти свой كل جميع why add
  remove check compare take second not but rather instead report about sources`.split(/\s+/);
const MARKS = [
  ...Array.from('.!?,;:()[]{}<>"\'`#*-=_|/\\@$%&+~\n\t '),
  '\u00a0',
  '\u3000',
  '\u200d',
  '\u202e',
  '。',
  'é',
  '😀',
];
const PAIRS = [
  '{"a" ',
  '{"a" b} ',
  '{"a":{"b":',
  '{"a": "',
  '{"a": 1, , ',
  '{} ',
  ' \n',
  '\n ',
  '\n\n',
  '\n#',
  '\n[',
  '# ',
  '[ ',
  '< ',
  '=-',
  '![',
  '![a',
  '](http://',
  'https://',
  'x\n',
  'x. \n',
  'all of the ',
  'print the ',
  'of the above ',
  "what's your a ",
  'append the data ',
  'act as ',
  'A b ',
  '[a-1',
  '- **',
  '\n- a',
  ').',
  'check of ',
  '"a" ',
  '1. ',
];
const UNITS = [...new Set([...WORDS, ...WORDS.map((word) => `${word} `), ...MARKS, ...PAIRS])];

const CATALOG = catalogOf('ANTHROPIC');
const { design: DESIGN } = builtInDesign('BALANCED', {
  need: 'Compare the prices of three EV charging networks.',
  language: 'en',
  catalog: CATALOG,
  requirements: [],
});

/** The text wherever the person or a model before has written. */
function metadataOf(text: string): AgentMetadata {
  const inputs = [{ key: 'before', title: text, agent: 'CUSTOM' as const, output: `- ${text}\n${text}` }];
  const source = { title: text, url: null, text, error: null, findings: [] };
  return { key: 'now', title: text, prompt: text, request: text, inputs, remarks: [], sources: [source] };
}

const SEARCHES: [string, (text: string) => unknown][] = [
  ...INJECTION_RULES.flatMap(({ kind, severe, notable }) =>
    [...severe, ...notable].map((pattern, n): [string, (text: string) => unknown] => [
      `the ${kind} pattern ${n + 1}`,
      (text) => pattern.exec(text),
    ]),
  ),
  ['detectInjection', detectInjection],
  ['cleanText', cleanText],
  ['readAnswer', (text) => readAnswer(CRITIQUE.schema, { text, end: 'stop' })],
  ['readByPatterns', (text) => readByPatterns(incomingMessage(text))],
  ['titleOf', titleOf],
  ['subjectOf', subjectOf],
  ['sentencesOf', (text) => sentencesOf(text, 5)],
  ['topicOf', topicOf],
  ['changeDesign', (text) => changeDesign(DESIGN, text, { language: 'en', catalog: CATALOG })],
  ['changeDesign in Korean', (text) => changeDesign(DESIGN, text, { language: 'ko', catalog: CATALOG })],
  ['the material of an agent in English', (text) => materialOf(metadataOf(text), ENGLISH.agents)],
  ['the material of an agent in Korean', (text) => materialOf(metadataOf(text), KOREAN.agents)],
  [
    'flowchart',
    (text) => flowchart({ ...DESIGN, steps: DESIGN.steps.map((step) => ({ ...step, title: text })) }),
  ],
  ['the URLs of a request', (text) => urlsIn(makeTask({ request: text, step: { prompt: text } }))],
  ['languageOf', (text) => languageOf(text, [], null)],
];

describe('the time of', () => {
  it.each(SEARCHES)('%s grows with the length of a text, not with its square', (_name, search) => {
    const slow = UNITS.filter((unit) => isQuadratic(search, unit));
    expect(slow).toEqual([]);
  });
});

/** A busy machine never decides: only what is slow each time and grows far more than the text counts. */
function isQuadratic(search: (text: string) => unknown, unit: string): boolean {
  const time = (length: number) => {
    const text = unit.repeat(Math.ceil(length / unit.length));
    const start = performance.now();
    search(text);
    return performance.now() - start;
  };
  const shortest = (length: number) => Math.min(time(length), time(length), time(length));
  if (time(20_000) < SLOW_MS) return false;
  const long = shortest(20_000);
  return long > SLOW_MS && long > 10 * shortest(5_000);
}

const SLOW_MS = 100;
