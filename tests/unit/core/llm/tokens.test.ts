import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../../src/core/llm/language-model.ts';
import {
  estimateInputTokens,
  estimateTokens,
  splitTokens,
  worstCaseInputTokens,
} from '../../../../src/core/llm/tokens.ts';

const TEXTS = [
  '',
  'The quick brown fox jumps over the lazy dog, 12345 times.',
  '사용자가 필요한 것을 말하면 토론 엔진이 설계로 바꿉니다.',
  '利用者が必要なことを述べると、設計に変えます。',
  'Пользователь говорит, что ему нужно.',
  '{"a": [1, 2, {"b": "c\\n"}]}\n\n\tconst x = 1;\r\n',
  '👩‍👩‍👧‍👦 🎉 e\u0301 half \uD83D',
];

describe('splitTokens', () => {
  it.each(TEXTS)('keeps the whole text and splits no surrogate pair: %j', (text) => {
    const tokens = splitTokens(text);
    expect(tokens.join('')).toBe(text);
    if (text.isWellFormed()) expect(tokens.every((token) => token.isWellFormed())).toBe(true);
  });

  it('makes parts about the size of a word', () => {
    expect(splitTokens('Hello internationalization, world 2026!')).toEqual([
      'Hello',
      ' internat',
      'ionaliza',
      'tion',
      ',',
      ' world',
      ' 202',
      '6',
      '!',
    ]);
  });
});

describe('estimateTokens', () => {
  // The actual counts are those of OpenAI's o200k tokenizer.
  it.each([
    ['The quick brown fox jumps over the lazy dog. It was a bright cold day in April.', 18],
    [
      '사용자가 필요한 것을 말하면 토론 엔진이 그것을 파이프라인 설계로 바꾸고, 그들과 논쟁하며 결정합니다.',
      32,
    ],
    ['Пользователь говорит, что ему нужно, и движок обсуждения превращает это в проект конвейера.', 22],
  ])('is within a third of the actual count: %s', (text, trueCount) => {
    expect(Math.abs(estimateTokens(text) / trueCount - 1)).toBeLessThan(1 / 3);
  });

  it('counts the whole prompt of a request', () => {
    expect(estimateInputTokens(request('Be brief.', ['One.', 'Two.']))).toBe(
      estimateTokens('Be brief.') + 2 * estimateTokens('One.'),
    );
  });
});

describe('worstCaseInputTokens', () => {
  it('includes the schema of a structured answer, which is billed with the prompt', () => {
    const schema = { type: 'object', properties: { score: { type: 'integer' } } };
    const plain = request('', ['']);
    const structured = { ...plain, output: { name: 'form', schema } };
    const added = worstCaseInputTokens(structured) - worstCaseInputTokens(plain);
    expect(added).toBe(JSON.stringify(schema).length);
    expect(estimateInputTokens(structured)).toBeGreaterThan(estimateInputTokens(plain));
  });

  it.each(TEXTS)('is never below the actual count: %j', (text) => {
    const worst = worstCaseInputTokens(request(text, [text]));
    expect(worst).toBeGreaterThanOrEqual(2 * Buffer.byteLength(text));
    expect(worst).toBeGreaterThan(2 * estimateTokens(text));
  });

  it('increases with each message, even an empty one', () => {
    expect(worstCaseInputTokens(request('', ['', '']))).toBeGreaterThan(
      worstCaseInputTokens(request('', [''])),
    );
  });
});

function request(system: string, contents: string[]): ModelRequest {
  return {
    model: 'm',
    system,
    messages: contents.map((content) => ({ role: 'user', content })),
    maxOutputTokens: 10,
    task: { name: 'test', metadata: {} },
  };
}
