import { createHash } from 'node:crypto';
import { type AgentMetadata, sourceMark } from '../../modules/pipelines/agents/agent.ts';

/** What the OFFLINE model writes about: short, plain pieces of the request and of the work before. */
export interface Material {
  subject: string;
  /** The step's title. */
  title: string;
  /** What the title is about, without its verb: "Collect market figures" → "market figures". */
  focus: string;
  /** What the step was asked: the start of its prompt, or its title. */
  order: string;
  /** What the steps before wrote as list items, each with the marks of its sources. */
  points: string[];
  /** The sources that they listed, each after its mark. */
  cited: string[];
  /** How many steps before have an output, and the titles of those that have none. */
  done: number;
  skipped: string[];
  /** What was fetched for this step. */
  sources: { mark: string; label: string; error: string | null; excerpt: string | null }[];
  /** The mark of the nth source of this step, from 0. */
  mark: (index: number) => string;
  /** `count` of the options: always the same ones for the same request. */
  some: (options: readonly string[], count: number) => string[];
}

export function materialOf(metadata: AgentMetadata, { noSubject, lead, end }: SubjectWords): Material {
  const { key, title, prompt, request, inputs, sources } = metadata;
  const items = alternating(inputs.map(({ output }) => listItems(output ?? '')));
  const plainTitle = plain(unquoted(title), MAX_TITLE_WORDS) || noSubject;
  const mark = (index: number) => `[${sourceMark(key, index)}]`;
  const seed = JSON.stringify([key, title, prompt, request, inputs]);
  return {
    subject: subjectOf(request, { lead, end }) || noSubject,
    title: plainTitle,
    focus: plainTitle.replace(/^\S+:? /u, ''),
    order: plain(unquoted(prompt ?? ''), MAX_ORDER_WORDS) || plainTitle,
    points: items.filter((item) => !item.startsWith('[')).slice(0, MAX_POINTS),
    cited: [...new Set(items.filter((item) => item.startsWith('[')))].slice(0, MAX_CITED),
    done: inputs.filter(({ output }) => output !== null).length,
    skipped: inputs
      .filter(({ output }) => output === null)
      .map((one) => plain(unquoted(one.title), MAX_TITLE_WORDS)),
    sources: sources.map(({ title: name, url, text, error }, index) => ({
      mark: mark(index),
      label: [plain(name ?? '', MAX_TITLE_WORDS), url].filter(Boolean).join(', '),
      error,
      excerpt: text === null ? null : plain(text, MAX_EXCERPT_WORDS),
    })),
    mark,
    some: (options, count) => ranked(options, seed).slice(0, count),
  };
}

function subjectOf(request: string, { lead, end }: Pick<SubjectWords, 'lead' | 'end'>): string {
  const sentence = plain(unquoted(firstSentence(request)), MAX_SENTENCE_WORDS).replace(lead, '');
  const start = plain(sentence, MAX_SUBJECT_WORDS);
  return plain(start.split(end)[0]!, MAX_SUBJECT_WORDS) || start;
}

function firstSentence(text: string): string {
  return text.split(/(?<=[.!?。！？])\s|\n/).find((sentence) => /[\p{L}\p{N}]/u.test(sentence)) ?? '';
}

/** The words of a text without markup, so that they cannot break the table or the list they stand in. */
function plain(text: string, maxWords: number): string {
  const words = text
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/[^\p{L}\p{M}\p{N}\p{Sc}\s.,:;?%&+/'’“”()-]/gu, ' ')
    .trim()
    .split(/\s+/);
  const kept = words
    .slice(0, maxWords)
    .join(' ')
    .slice(0, maxWords * MAX_WORD_LENGTH);
  return kept.replace(/^[^\p{L}\p{N}(“]+|[\s.,:;?/(-]+$/gu, '');
}

/** What is quoted itself should not hold quotation marks. */
function unquoted(text: string): string {
  return text.replace(/["“”„«»]/g, '');
}

/** Of each item its bold part, or else its first sentence; with the mark of its source. */
function listItems(markdown: string): string[] {
  const items = markdown.match(/^(?:[-*]|\d+\.) .+$/gm) ?? [];
  return items.map((item) => {
    const text = item.replace(/^\S+ /, '');
    const [mark = ''] = MARK.exec(text) ?? [];
    const statement = /\*\*(.+?)\*\*/.exec(text)?.[1] ?? firstSentence(text);
    const words = plain(statement.replace(mark, ''), MAX_POINT_WORDS);
    return (text.startsWith('[') ? [mark, words] : [words, mark]).filter(Boolean).join(' ');
  });
}

/** The first of each list, then the second of each: all steps have their say. */
function alternating(lists: string[][]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}

/** As a report cites them: numbered in the order of their first use, the marks in the points replaced. */
export function numberSources(points: readonly string[], cited: readonly string[]): NumberedSources {
  const marks = points.map((point) => MARK.exec(point)?.[0] ?? '');
  const listed = [...new Set(marks)].flatMap((mark) =>
    cited.filter((source) => mark && source.startsWith(mark)),
  );
  const numberOf = (mark: string) => listed.findIndex((source) => mark && source.startsWith(mark)) + 1;
  return {
    points: points.map((point, index) => {
      const number = numberOf(marks[index]!);
      return point.replace(MARK, number > 0 ? `[${number}]` : '').trim();
    }),
    sources: listed.map((source, index) => `[${index + 1}] ${source.replace(MARK, '').trim()}`),
  };
}

/** What earlier steps said; where that is too little, what can be said of any subject. */
export function filledUp(points: readonly string[], general: readonly string[]): string[] {
  return [...points, ...general.slice(points.length)];
}

/** In an order that only the seed decides. */
function ranked(options: readonly string[], seed: string): string[] {
  const rank = new Map(
    options.map((option) => [option, createHash('sha256').update(seed).update(option).digest('hex')]),
  );
  return options.toSorted((a, b) => (rank.get(a)! < rank.get(b)! ? -1 : 1));
}

/** Of a source, e.g. `[collect-2]`. */
const MARK = /\[[a-z][a-z0-9_-]*-\d+\]/;

const MAX_SENTENCE_WORDS = 40;
const MAX_SUBJECT_WORDS = 12;
const MAX_TITLE_WORDS = 10;
const MAX_ORDER_WORDS = 14;
const MAX_POINT_WORDS = 22;
const MAX_EXCERPT_WORDS = 20;
const MAX_POINTS = 6;
const MAX_CITED = 8;
/** On average: a text without spaces is one word. */
const MAX_WORD_LENGTH = 10;

interface NumberedSources {
  points: string[];
  sources: string[];
}

/** How the people of one language put a subject. */
export interface SubjectWords {
  /** Stands for the subject where the request names none. */
  noSubject: string;
  /** What people put before a subject: "Please write a report on". */
  lead: RegExp;
  /** What they put after it: "by price", "for our board". */
  end: RegExp;
}
