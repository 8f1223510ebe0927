import { describe, expect, it } from 'vitest';
import type { ModelStreamPart } from '../../../../../src/core/llm/language-model.ts';
import { ThinkingFilter } from '../../../../../src/core/llm/providers/thinking-filter.ts';

describe('ThinkingFilter', () => {
  it.each([
    ['<think>hm {"a":1}</think>\n\nThe answer.', 'The answer.', 'hm {"a":1}'],
    ['\n <THINK>hm</Think>The answer.', 'The answer.', 'hm'],
    ['<thinking>hm</thinking> The answer.', 'The answer.', 'hm'],
    ['<thought>hm</thought>The answer.', 'The answer.', 'hm'],
    ['<reasoning>hm</reasoning>The answer.', 'The answer.', 'hm'],
    ['[THINK]hm[/THINK]The answer.', 'The answer.', 'hm'],
    ['<think></think>\n\nThe answer.', 'The answer.', ''],
    ['<think>one</think>\n<think>two</think>\nThe answer.', 'The answer.', 'onetwo'],
    ['<think>never ended', '', 'never ended'],
    ['<think>a < b, </thin', '', 'a < b, </thin'],
    ['<think>', '', ''],
    ['The answer.', 'The answer.', ''],
    ['  The answer.', '  The answer.', ''],
    ['<b>The</b> answer <', '<b>The</b> answer <', ''],
    ['<thin', '<thin', ''],
    [
      'A model ends its thinking with `</think>`, in quotes "</think>".',
      'A model ends its thinking with `</think>`, in quotes "</think>".',
      '',
    ],
    ['<think>hm</think>Use </think> to end.', 'Use </think> to end.', 'hm'],
    ['```\n<think>\nplan\n</think>\n```', '```\n<think>\nplan\n</think>\n```', ''],
    ['It writes <think>plan</think> first.', 'It writes <think>plan</think> first.', ''],
    ['```js\nsplit(/</think>/)\n```', '```js\nsplit(/</think>/)\n```', ''],
    ['In the middle <think> is text.', 'In the middle <think> is text.', ''],
    ['', '', ''],
  ])('separates the thinking of %j, split anywhere', (whole, text, thinking) => {
    for (const hold of [false, true]) {
      for (const pieces of splits(whole)) expect(read(pieces, hold)).toEqual({ text, thinking });
    }
  });

  it.each(['hm {"a":1}</think>\n\nThe answer.', 'hm</thinking>The answer.', 'hm[/THINK]The answer.'])(
    'with `hold`, separates thinking without an opening tag: %j',
    (whole) => {
      for (const pieces of splits(whole)) expect(read(pieces, true)).toMatchObject({ text: 'The answer.' });
    },
  );

  it('without `hold`, tells that text which has left was thinking', () => {
    let told: boolean | undefined;
    const filter = new ThinkingFilter({ mayBeginInside: true, onTold: (isInside) => (told = isInside) });
    expect(filter.push('hm, let me see')).toEqual([{ type: 'text', text: 'hm, let me see' }]);
    expect(filter.push('.\n</th')).toEqual([{ type: 'text', text: '.\n' }]);
    expect(() => filter.push('ink>')).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }) as Error);
    expect(told).toBe(true);
    expect(filter.abandon()).toEqual([{ type: 'thinking', text: '</think>' }]);
  });

  it('takes `</think>` for text where no answer begins inside of thinking', () => {
    const whole = 'Reasoning models end with </think> and go on.';
    for (const pieces of splits(whole)) expect(read(pieces, false)).toEqual({ text: whole, thinking: '' });
  });

  it('streams text as it arrives', () => {
    const filter = new ThinkingFilter({ mayBeginInside: true, onTold: () => {} });
    const parts = ['One', ' two', ' three'].map((piece) => filter.push(piece));
    expect(parts.map((ofPiece) => textOf(ofPiece))).toEqual(['One', ' two', ' three']);
  });

  it('takes linear time for a long answer in small pieces', () => {
    const filter = new ThinkingFilter({ mayBeginInside: true, suspect: true, onTold: () => {} });
    for (let n = 0; n < 200_000; n++) filter.push('<a ');
    expect(textOf(filter.end(true))).toHaveLength(600_000);
  });
});

/** Whole, by characters, and in two at every position. */
function splits(whole: string): string[][] {
  const inTwo = whole.split('').map((_, at) => [whole.slice(0, at), whole.slice(at)]);
  return [[whole], whole.split(''), ...inTwo];
}

function read(pieces: string[], hold: boolean) {
  const onTold = () => {};
  const filter = new ThinkingFilter({ mayBeginInside: hold, suspect: hold, onTold });
  const parts = [...pieces.flatMap((piece) => filter.push(piece)), ...filter.end(true)];
  expect(parts.every((part) => 'text' in part && part.text !== '')).toBe(true);
  return { text: textOf(parts), thinking: textOf(parts, 'thinking') };
}

function textOf(parts: ModelStreamPart[], type: 'text' | 'thinking' = 'text'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}
