import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError, type ModelRequest, type ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { ScriptedProvider } from '../support/scripted-provider.ts';
import { type ProviderDialect, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const TEXT = 'Half an answer, 데이터 😀: whole.';
const JSON_TEXT = '{"note":"데이터 😀 {"}';

/** What a stream of each kind is before and as its text, and the text that a reader gets. Null: none that is complete. */
const ANSWERS: Answer[] = [
  { kind: 'a text', events: ({ text }) => halves(TEXT).map(text), ways: ['ends', 'is reset'], whole: TEXT },
  {
    kind: 'thinking apart',
    events: ({ text, thinking }) => [thinking('Half? '), thinking('Whole!'), ...halves(TEXT).map(text)],
    whole: TEXT,
  },
  {
    kind: 'thinking in the text',
    events: ({ text }) => ['<thi', 'nk>Half an', 'swer?</th', 'ink>\n\n', ...halves(TEXT)].map(text),
    whole: TEXT,
  },
  {
    kind: 'JSON after thinking',
    events: ({ text }) =>
      ['<think>So {"note":"no"} or', '? Yes.</thi', 'nk>\n', ...halves(JSON_TEXT)].map(text),
    output: { name: 'form', schema: null },
    whole: JSON_TEXT,
  },
  {
    kind: 'a refusal after some text',
    events: ({ text }) => halves(TEXT).map(text),
    end: 'refused',
    whole: null,
  },
];

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());

const cases = Object.values(DIALECTS).flatMap((dialect) =>
  ANSWERS.map((answer) => ({ dialect, answer, kind: answer.kind, name: dialect.name })),
);

describe.each(cases)('$kind of $name that breaks after any byte', ({ dialect, answer }) => {
  it.each(answer.ways ?? ['ends'])('and %s is never a wrong text marked complete', async (how) => {
    const bytes = Buffer.from(wholeStream(dialect, answer).join(''));
    provider.answer = (response, { body }) => {
      const count = Number(/break after (\d+)/.exec(body)![1]);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(bytes.subarray(0, count), () => {
        if (how === 'ends') response.end();
        else response.socket?.resetAndDestroy();
      });
      if (count === 0) response.flushHeaders();
    };
    // the events before those of the answer break with the text
    const opening = answer.ways ? 0 : Buffer.byteLength(dialect.connection.opening(USAGE).join(''));
    const counts = [...bytes.keys(), bytes.length].slice(opening);
    for (let from = 0; from < counts.length; from += TOGETHER) {
      const outcomes = counts
        .slice(from, from + TOGETHER)
        .map(async (count) => ({ count, ...(await outcomeOf(dialect, answer, `break after ${count}`)) }));
      for (const { count, text, parts, error } of await Promise.all(outcomes)) {
        if (error === undefined) {
          expect([count, text, parts.at(-1)]).toEqual([count, answer.whole, { type: 'end', reason: 'stop' }]);
        } else {
          expect(error).toBeInstanceOf(ModelError);
          expect(parts.some(({ type }) => type === 'end')).toBe(false);
        }
        if (how === 'ends' && count === bytes.length) expect(error === undefined).toBe(answer.whole !== null);
      }
    }
  });
});

const TOGETHER = 16;

function wholeStream(
  { connection, ending, endMarker, words, thinking }: ProviderDialect,
  answer: Answer,
): string[] {
  const { opening, text, closing } = connection;
  return [
    ...opening(USAGE),
    ...answer.events({ text, thinking: thinking[0]! }),
    ...(answer.end ? closing(answer.end, USAGE) : [...ending(words.stop[0]!, USAGE), ...endMarker]),
  ];
}

async function outcomeOf(dialect: ProviderDialect, { output }: Answer, content: string) {
  const request: ModelRequest = {
    ...REQUEST,
    messages: [{ role: 'user', content }],
    ...(output ? { output } : {}),
  };
  const model = dialect.create({ url: provider.url });
  const parts: ModelStreamPart[] = [];
  let error: unknown;
  try {
    for await (const part of model.stream(request, new AbortController().signal)) parts.push(part);
  } catch (failure) {
    error = failure;
  }
  return { text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''), parts, error };
}

/** In two, in the middle of a word. */
function halves(text: string): string[] {
  return [text.slice(0, 12), text.slice(12)];
}

interface Answer {
  kind: string;
  events: (event: Record<'text' | 'thinking', (text: string) => string>) => string[];
  output?: ModelRequest['output'];
  end?: 'refused';
  /** How it breaks. Left out: it ends. */
  ways?: string[];
  whole: string | null;
}
