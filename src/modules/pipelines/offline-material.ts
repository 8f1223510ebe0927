import { createHash } from 'node:crypto';
import type { AgentFacts } from './agents/agent.ts';
import type { Writer } from './offline-script.ts';

/** What the OFFLINE model writes about: short, plain pieces of the request and of the work before. */
export interface Material {
  subject: string;
  /** The step's title. */
  title: string;
  /** What the title is about, without its verb: "Collect market figures" → "market figures". */
  focus: string;
  /** The start of the step's own prompt. */
  wish: string | null;
  /** What the steps before wrote as list items. */
  points: string[];
  /** The sources that they listed. */
  cited: string[];
  /** How many steps before have an output, and the titles of those that have none. */
  done: number;
  skipped: string[];
  sources: { label: string; error: string | null; excerpt: string | null }[];
  /** `count` of the options: always the same ones for the same request. */
  some: (options: readonly string[], count: number) => string[];
}

export function materialOf(
  facts: AgentFacts,
  { noSubject, lead }: Pick<Writer, 'noSubject' | 'lead'>,
): Material {
  const title = plain(facts.title, MAX_TITLE_WORDS) || noSubject;
  const items = facts.inputs.flatMap(({ output }) => listItems(output ?? ''));
  const seed = JSON.stringify([facts.title, facts.prompt, facts.input, facts.inputs]);
  return {
    subject: plain(firstSentence(facts.input).replace(lead, ''), MAX_SUBJECT_WORDS) || noSubject,
    title,
    focus: title.split(' ').slice(1).join(' ') || title,
    wish: facts.prompt === null ? null : plain(facts.prompt, MAX_WISH_WORDS) || null,
    points: items.filter((item) => !item.startsWith('[')).slice(0, MAX_POINTS),
    cited: items.filter((item) => item.startsWith('[')).slice(0, MAX_POINTS),
    done: facts.inputs.filter(({ output }) => output !== null).length,
    skipped: facts.inputs
      .filter(({ output }) => output === null)
      .map((input) => plain(input.title, MAX_TITLE_WORDS)),
    sources: facts.sources.map(({ title: name, url, text, error }) => ({
      label: [plain(name ?? '', MAX_TITLE_WORDS), url].filter(Boolean).join(', '),
      error,
      excerpt: text === null ? null : plain(text, MAX_EXCERPT_WORDS),
    })),
    some: (options, count) => ranked(options, seed).slice(0, count),
  };
}

/** The words of a text without markup, so that they cannot break the table or the list they stand in. */
function plain(text: string, maxWords: number): string {
  const words = text
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/[^\p{L}\p{M}\p{N}\p{Sc}\s.,:;?%&+/'’()-]/gu, ' ')
    .trim()
    .split(/\s+/);
  const kept = words
    .slice(0, maxWords)
    .join(' ')
    .slice(0, maxWords * MAX_WORD_LENGTH);
  return kept.replace(/^[^\p{L}\p{N}(]+|[\s.,:;/(-]+$/gu, '');
}

function firstSentence(text: string): string {
  return text.split(/(?<=[.!?。！？])\s|\n/).find((sentence) => /[\p{L}\p{N}]/u.test(sentence)) ?? '';
}

/** Of each item its bold part, or else its first sentence; the mark of its source stays. */
function listItems(markdown: string): string[] {
  const items = markdown.match(/^(?:[-*]|\d+\.) .+$/gm) ?? [];
  return items.map((item) => {
    const text = item.replace(/^\S+ /, '');
    const [mark = ''] = /\[S\d+\]/.exec(text) ?? [];
    const statement = /\*\*(.+?)\*\*/.exec(text)?.[1] ?? firstSentence(text);
    const words = plain(statement.replace(mark, ''), MAX_POINT_WORDS);
    return (text.startsWith('[') ? [mark, words] : [words, mark]).filter(Boolean).join(' ');
  });
}

/** In an order that only the seed decides. */
function ranked(options: readonly string[], seed: string): string[] {
  const rank = new Map(
    options.map((option) => [option, createHash('sha256').update(seed).update(option).digest('hex')]),
  );
  return options.toSorted((a, b) => (rank.get(a)! < rank.get(b)! ? -1 : 1));
}

const MAX_SUBJECT_WORDS = 8;
const MAX_TITLE_WORDS = 12;
const MAX_WISH_WORDS = 20;
const MAX_POINT_WORDS = 18;
const MAX_EXCERPT_WORDS = 20;
const MAX_POINTS = 6;
/** On average: a text without spaces is one word. */
const MAX_WORD_LENGTH = 10;
