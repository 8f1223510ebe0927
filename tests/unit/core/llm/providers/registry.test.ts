import { describe, expect, it } from 'vitest';
import {
  isProviderName,
  KEYED_PROVIDER_NAMES,
  KEYED_PROVIDERS,
  PROVIDER_NAMES,
  PROVIDERS,
} from '../../../../../src/core/llm/providers/registry.ts';

describe('the registry of providers', () => {
  it('contains the providers that need a key, servers of the operator, and OFFLINE', () => {
    expect(PROVIDER_NAMES).toEqual([...KEYED_PROVIDER_NAMES, 'OPENAI_COMPATIBLE', 'OFFLINE']);
  });

  it.each(PROVIDER_NAMES)(
    '%s has a name that is valid in settings and GraphQL, a title and a description',
    (name) => {
      expect(name).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(PROVIDERS[name].title).not.toBe('');
      expect(PROVIDERS[name].description).toMatch(/\.$/);
    },
  );

  it.each(KEYED_PROVIDER_NAMES)('%s creates a client without opening a connection', (name) => {
    const client = KEYED_PROVIDERS[name].create({ apiKey: 'sk-any' });
    expect('stream' in client).toBe(true);
  });
});

describe('isProviderName', () => {
  it.each([
    ['ANTHROPIC', true],
    ['anthropic', false],
    ['toString', false],
    ['', false],
  ])('%j is %s', (text, expected) => {
    expect(isProviderName(text)).toBe(expected);
  });
});
