import { describe, expect, it } from 'vitest';
import { decodeId, encodeId } from '../../../src/schema-kit/global-id.ts';

const VALID = encodeId('Conversation', '0190a0c0-1111-7000-8000-000000000000');

describe('global ids', () => {
  it('decode to the id only for its own type', () => {
    expect(decodeId(VALID, 'Conversation')).toBe('0190a0c0-1111-7000-8000-000000000000');
    expect(decodeId(VALID, 'Message')).toBe('');
  });

  it('are safe in a URL', () => {
    for (const id of ['a', 'ab', 'abc', '0190a0c0-1111-7000-8000-000000000000:step-1'])
      expect(encodeId('StepExecution', id)).toMatch(/^[\w-]+$/);
  });

  it.each([
    '',
    'garbage',
    'Q29udmVyc2F0aW9u',
    encodeId('Conversation', ''),
    encodeId('Conversation', 'a\u0000b'),
    encodeId('Conversation', 'a b'),
    encodeId('Conversation', 'x'.repeat(300)),
    '\u0000',
    '😀',
    `${VALID}=`,
    `${VALID} `,
    ` ${VALID}`,
    `${VALID.slice(0, 4)}\n${VALID.slice(4)}`,
  ])('decode %j to an id that matches nothing', (id) => expect(decodeId(id, 'Conversation')).toBe(''));
});
