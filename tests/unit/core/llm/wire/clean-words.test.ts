import { describe, expect, it } from 'vitest';
import { cleanWords } from '../../../../../src/core/llm/wire/clean-words.ts';

const KEY = 'sk-canary/0123456789';

describe('cleanWords', () => {
  it.each([
    ['the key', `wrong key ${KEY}.`, 'wrong key [key].'],
    ['the key in a URL', `GET /v1?key=${encodeURIComponent(KEY)}&alt=sse`, 'GET /v1?key=[key]&alt=sse'],
    ['another key in a URL', 'GET /v1?api_key=abc&alt=sse', 'GET /v1?api_key=[key]&alt=sse'],
    ['a key of which a part is masked', 'Incorrect key: sk-cana****6789.', 'Incorrect key: [key]'],
    ['keys of others', 'gsk_0123456789 and AIzaSyA0123456789', '[key] and [key]'],
    ['a token in a header', 'Authorization: Bearer abc.def, x', 'Authorization: [key], x'],
    ['a JSON Web Token', 'token eyJhbGciOi.eyJzdWIiOi.c2ln expired', 'token [key] expired'],
    ['control characters', 'a\u0000b\u001B[31mc', 'ab[31mc'],
    ['direction marks', 'pay\u202E now', 'pay now'],
    ['line breaks', 'one\n\n  two\tthree', 'one two three'],
    ['nothing', 'no model gpt-9: choose another', 'no model gpt-9: choose another'],
  ])('removes %s', (_what, words, expected) => {
    expect(cleanWords(words, KEY)).toBe(expected);
  });

  it('cuts long words between two characters', () => {
    const words = cleanWords(`${'x'.repeat(299)}😀 and more`, KEY);
    expect(words).toBe(`${'x'.repeat(299)}😀…`);
  });

  it('keeps words when there is no key', () => {
    expect(cleanWords('no key at all', '')).toBe('no key at all');
  });
});
