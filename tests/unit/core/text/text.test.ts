import { describe, expect, it } from 'vitest';
import { characterCount, firstCharacters } from '../../../../src/core/text/characters.ts';
import { storableJson, storableValue } from '../../../../src/core/text/storable-text.ts';

describe('storableJson', () => {
  it.each([
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['a first half of a pair', 'a\ud83d', 'a\uFFFD'],
    ['a second half of a pair', '\ude00b', '\uFFFDb'],
    ['halves in the wrong order', '\ude00\ud83d', '\uFFFD\uFFFD'],
  ])('replaces %s, in values and names', (_what, text, stored) => {
    const json = storableJson({ [text]: [text, { deep: text }] });
    expect(JSON.parse(json)).toEqual({ [stored]: [stored, { deep: stored }] });
  });

  it.each(['😀 whole', 'written \\u0000 and \\ud83d', 'Ünïcödé', '\u0001\u001f\u2028'])(
    'keeps %j',
    (text) => {
      expect(storableJson({ text })).toBe(JSON.stringify({ text }));
    },
  );
});

describe('storableValue', () => {
  it('keeps what is no plain object as it is', () => {
    const [at, bytes] = [new Date(0), new Uint8Array(1)];
    const value = storableValue({ at, bytes, big: 1n, none: null, text: 'a\0' }) as Record<string, unknown>;
    expect(value).toEqual({ at, bytes, big: 1n, none: null, text: 'a\uFFFD' });
    expect(value['at']).toBe(at);
  });
});

describe('characterCount', () => {
  it.each([
    ['abc', 3],
    ['😀😀', 2],
    ['e\u0301', 1],
    ['한글'.normalize('NFD'), 2],
    ['\ud83d', 1],
  ])('of %j is %i', (text, count) => {
    expect(characterCount(text)).toBe(count);
  });
});

describe('firstCharacters', () => {
  it.each([
    ['abc', 2, 'ab'],
    ['abc', 9, 'abc'],
    ['a😀b', 2, 'a😀'],
    ['😀😀', 1, '😀'],
    ['e\u0301e\u0301x', 2, 'éé'],
    ['', 3, ''],
  ])('of %j, %i are %j', (text, count, start) => {
    expect(firstCharacters(text, count)).toBe(start);
  });
});
