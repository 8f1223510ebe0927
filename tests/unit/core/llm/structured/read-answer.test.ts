import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAnswer } from '../../../../../src/core/llm/structured/read-answer.ts';

const schema = z.object({
  intents: z.array(z.enum(['ASK', 'START_OVER'])).min(1),
  target: z.enum(['SPEED', 'QUALITY']).nullable().default(null),
  isClear: z.boolean(),
  score: z.number().min(1).max(10),
  title: z.string().nullable().default(null),
  step: z
    .object({ key: z.string(), tokens: z.int().min(1).nullable().default(null) })
    .nullable()
    .default(null),
  numbers: z.array(z.int()).default([]),
});
const GOOD = { intents: ['ASK'], isClear: true, score: 7, title: 'Fine' };
const READ = { ...GOOD, target: null, step: null, numbers: [] };
const json = JSON.stringify(GOOD);

function read(text: string, end: 'stop' | 'length' = 'stop') {
  return readAnswer(schema, { text, end });
}

describe('readAnswer', () => {
  it.each([
    ['alone', json],
    ['in a code fence', `\`\`\`json\n${json}\n\`\`\``],
    ['in a fence that is not closed', `\`\`\`\n${json}`],
    ['with prose that holds braces', `I fill {intents} and {"score"}: ${json} Here {score} is 7. {}`],
    ['after thinking that drafts another', `<think>${JSON.stringify({ ...GOOD, score: 2 })}</think>${json}`],
    ['after thinking without an opening', `Maybe {"intents": ["ASK"], … no.</think>\n${json}`],
    ['after thinking that breaks off', `<think>I start with {"intents": [{"a</think>\n${json}`],
    ['after a quotation mark for inches', `The 5" one. ${json}`],
    ['behind a byte order mark', `\uFEFF${json}`],
    ['in one wrapper', `{"answer": ${json}}`],
    ['in a wrapper with other members', `{"type": "object", "strict": true, "properties": ${json}}`],
    ['in a list', `[${json}]`],
    ['in a list in a wrapper', `{"answers": [${json}]}`],
    ['as a string of JSON', JSON.stringify(json)],
  ])('finds the object %s', (_where, text) => {
    expect(read(text)).toEqual({ value: READ });
  });

  it.each([
    ['a word in another case', { intents: ['Ask'] }, {}],
    ['a word with blanks around it', { intents: [' ASK\n'] }, {}],
    ['a word with a blank for the underscore', { intents: ['start over'] }, { intents: ['START_OVER'] }],
    [
      'a word with a hyphen',
      { target: 'quality', intents: ['Start-Over'] },
      { target: 'QUALITY', intents: ['START_OVER'] },
    ],
    ['a number in a string', { score: '7' }, {}],
    ['a fraction in a string', { score: ' 7.5 ' }, { score: 7.5 }],
    ['whole numbers in strings of a list', { numbers: ['1', '2'] }, { numbers: [1, 2] }],
    [
      'a number in a string of an object',
      { step: { key: 'a', tokens: '1200' } },
      { step: { key: 'a', tokens: 1200 } },
    ],
    ['a boolean in a string', { isClear: 'true' }, {}],
    ['a boolean in another case', { isClear: 'False' }, { isClear: false }],
    ['null for a list', { numbers: null }, {}],
    ['null for what has a default', { target: null, step: null }, {}],
    ['null in a list', { numbers: [1, null] }, { numbers: [1] }],
    ['null by its name', { target: 'null', step: 'None' }, {}],
    ['an empty text for a word', { target: '' }, {}],
    ['one text for a list', { intents: 'ASK' }, {}],
    ['one number for a list', { numbers: 3 }, { numbers: [3] }],
    ['one number in a string for a list', { numbers: '3' }, { numbers: [3] }],
    ['an empty text for a list', { numbers: '' }, {}],
    ['a list in a string', { numbers: '[1, "2"]' }, { numbers: [1, 2] }],
    ['an object in a string', { step: '{"key": "a"}' }, { step: { key: 'a', tokens: null } }],
    ['unknown properties', { comment: 'as asked', __proto__x: 1 }, {}],
  ])('takes %s', (_what, written, meant) => {
    expect(read(JSON.stringify({ ...GOOD, ...written }))).toEqual({ value: { ...READ, ...meant } });
  });

  it.each([
    ['a line break', 'one\ntwo', 'one\ntwo'],
    ['a tab', 'one\ttwo', 'one\ttwo'],
    ['a carriage return with a line break', 'one\r\ntwo', 'one\r\ntwo'],
    ['a bell, which is cleaned away', 'one\u0007two', 'onetwo'],
    ['an escaped underscore', 'one\\_two', 'one_two'],
    ['an escaped apostrophe', "it\\'s", "it's"],
    ['half an escape', 'C:\\users', 'C:users'],
    ['braces and brackets', 'a } b ] c { d', 'a } b ] c { d'],
    ['an escaped quotation mark', 'a \\"}\\" b', 'a "}" b'],
  ])('takes %s in a string', (_what, written, meant) => {
    const text = `{"intents": ["ASK"], "isClear": true, "score": 7, "title": "${written}"}`;
    expect(read(text)).toEqual({ value: { ...READ, title: meant } });
  });

  it.each([
    ['a direction character', '\\u202e'],
    ['an invisible character', '\\u200b'],
    ['NUL', '\\u0000'],
  ])('cleans the texts of an object in a string of %s', (_what, escape) => {
    const step = `{"key": "pay${escape} now"}`;
    expect(read(JSON.stringify({ ...GOOD, step }))).toEqual({
      value: { ...READ, step: { key: 'pay now', tokens: null } },
    });
  });

  it('leaves no half character in the texts of an object in a string', () => {
    const reading = read(JSON.stringify({ ...GOOD, step: '{"key": "a\\ud83d b"}' }));
    expect(reading).toMatchObject({ value: { step: { key: 'a b' } } });
  });

  it('takes commas before closing brackets, and keeps those in texts', () => {
    const text = '{"intents": ["ASK", ], "isClear": true, "score": 7, "title": "a,] b,}", \n}';
    expect(read(text)).toEqual({ value: { ...READ, title: 'a,] b,}' } });
  });

  it.each([
    ['an unknown word', { intents: ['TELL'] }, 'intents.0'],
    ['a number out of range', { score: '11' }, 'score'],
    ['a number with words', { score: '7 of 10' }, 'score'],
    ['a fraction for a whole number', { numbers: ['1.5'] }, 'numbers.0'],
    ['yes for a boolean', { isClear: 'yes, it is' }, 'isClear'],
    ['null for what is required', { isClear: null }, 'isClear'],
    ['a missing property', { score: undefined }, 'score'],
    ['a list for a text', { title: ['Fine'] }, 'title'],
  ])('leaves %s to the repair', (_what, written, path) => {
    const { issues } = read(JSON.stringify({ ...GOOD, ...written }));
    expect(issues?.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it.each([
    ['an object that breaks off', json.slice(0, -1)],
    ['a draft before an object that breaks off', `${json} Better: ${json.slice(0, 20)}`],
    ['an object inside of one that breaks off', `{"answer": ${json}`],
  ])('takes from a cut answer nothing of %s', (_what, text) => {
    expect(read(text, 'length').issues).toHaveLength(1);
  });

  it('takes from a cut answer an object that is complete', () => {
    expect(read(`${json}\nThis means that`, 'length')).toEqual({ value: READ });
  });

  it('finds any valid object in any wrapping', () => {
    const random = generator(7);
    for (let round = 0; round < 2_000; round++) {
      const value = randomAnswer(random);
      const text = wrapped(JSON.stringify(value, null, random(3)), random);
      expect(read(text), text).toEqual({ value });
    }
  });

  it('never throws, whatever it reads', () => {
    const random = generator(11);
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      'null',
      '\\u00',
      '\0',
      '\ud83d',
      '"a"',
      json,
      '\n',
      '7',
    ];
    for (let round = 0; round < 5_000; round++) {
      const text = Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('');
      expect(() => read(text), JSON.stringify(text)).not.toThrow();
      expect(() => read(text, 'length'), JSON.stringify(text)).not.toThrow();
    }
    expect(read('{"a":'.repeat(100_000)).issues).toHaveLength(1);
    expect(read(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`).issues).not.toHaveLength(0);
  });
});

/** A seeded generator of integers below a limit. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

function randomAnswer(random: (below: number) => number): z.output<typeof schema> {
  return {
    intents: random(2) ? ['ASK'] : ['START_OVER', 'ASK'],
    target: ([null, 'SPEED', 'QUALITY'] as const)[random(3)]!,
    isClear: random(2) === 1,
    score: 1 + random(10),
    title: random(3) ? randomText(random) : null,
    step: random(2) ? { key: randomText(random), tokens: random(2) ? 1 + random(9_000) : null } : null,
    numbers: Array.from({ length: random(4) }, () => random(100) - 50),
  };
}

function randomText(random: (below: number) => number): string {
  const pieces = [
    '{',
    '}',
    '"',
    '\\',
    '\n',
    'null',
    '한국어',
    '😀',
    '```',
    '</think>',
    ', ]',
    'a b',
    '{"a": 1}',
    "'",
  ];
  return Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join('');
}

function wrapped(text: string, random: (below: number) => number): string {
  const before = [
    '',
    'Here it is:\n',
    '```json\n',
    '<think>{"score": 1} or {x}?</think>',
    'A set {1, 2}. ',
    '\n\n',
  ];
  const after = ['', '\n```', ' I hope that {this} helps.', '\n{}', '\n\nDone "so".'];
  return `${before[random(before.length)]}${text}${after[random(after.length)]}`;
}
