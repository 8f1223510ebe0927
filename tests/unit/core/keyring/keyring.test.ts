import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Keyring, UnsealError } from '../../../../src/core/keyring/keyring.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];
const ring = new Keyring({ current: first });
const CONTEXT = ['llm-key', 'tenant', null, 'OPENAI', 'row'];

describe('Keyring', () => {
  it.each(['', 'sk-canary', 'ключ 🔑', 'x'.repeat(10_000)])('opens what it has sealed: %#', (secret) => {
    const sealed = ring.seal(secret, CONTEXT);
    expect(ring.open(sealed, CONTEXT)).toBe(secret);
    if (secret) expect(sealed).not.toContain(secret);
  });

  it('uses a new nonce each time', () => {
    const nonces = Array.from({ length: 1_000 }, () =>
      ring.seal('same', CONTEXT).split('.')[2]!.slice(0, 16),
    );
    expect(new Set(nonces).size).toBe(1_000);
  });

  it.each([
    ['another tenant', ['llm-key', 'other', null, 'OPENAI', 'row']],
    ['an owner', ['llm-key', 'tenant', 'ann', 'OPENAI', 'row']],
    ['an owner who is named like nobody', ['llm-key', 'tenant', 'null', 'OPENAI', 'row']],
    ['another provider', ['llm-key', 'tenant', null, 'GOOGLE', 'row']],
    ['another row', ['llm-key', 'tenant', null, 'OPENAI', 'row2']],
    ['parts that run together', ['llm-key', 'tenant', null, 'OPENAI,row']],
  ])('does not open it for %s', (_what, context) => {
    const sealed = ring.seal('secret', CONTEXT);
    expect(() => ring.open(sealed, context)).toThrow(UnsealError);
  });

  it('does not open what was changed in any character', () => {
    const sealed = ring.seal('secret', CONTEXT);
    const start = sealed.lastIndexOf('.') + 1;
    for (let index = start; index < sealed.length - 1; index++) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
      expect(() => ring.open(changed, CONTEXT), String(index)).toThrow(UnsealError);
    }
  });

  it.each(['', 'nonsense', '1..', '2.0123456789abcdef.AAAA', '1.0123456789abcdef.'])(
    'does not open %j',
    (sealed) => {
      expect(() => ring.open(sealed, CONTEXT)).toThrow(UnsealError);
    },
  );

  it('opens with old keys and seals with the current one', () => {
    const sealed = ring.seal('secret', CONTEXT);
    const next = new Keyring({ current: second, old: [first] });
    expect(next.open(sealed, CONTEXT)).toBe('secret');
    expect(sealed.startsWith(next.currentPrefix)).toBe(false);
    const again = next.seal('secret', CONTEXT);
    expect(again.startsWith(next.currentPrefix)).toBe(true);
    expect(next.prefixes.toSorted()).toEqual([ring.currentPrefix, next.currentPrefix].toSorted());
    expect(() => ring.open(again, CONTEXT)).toThrow(UnsealError);
  });

  it('names in errors the id of a key only', () => {
    const sealed = ring.seal('secret', CONTEXT);
    const other = new Keyring({ current: second });
    const [, keyId] = sealed.split('.');
    expect(() => other.open(sealed, CONTEXT)).toThrow(
      `a secret sealed with the key ${keyId} cannot be opened`,
    );
    expect(first.toString('hex')).not.toContain(keyId);
  });
});
