import { describe, expect, it } from 'vitest';
import { defaultModel } from '../../demo/default-model.ts';
import { ConfigError } from '../../src/errors.ts';

const OPENAI_COMPATIBLE_SERVERS = JSON.stringify([
  {
    name: 'ollama',
    baseUrl: 'http://localhost:11434/v1',
    models: [{ name: 'llama3.2:3b', inputUsdPerMTok: '0', outputUsdPerMTok: '0' }],
  },
]);

describe('the demo says which model it uses, and why:', () => {
  it.each([
    ['nothing', {}, /^OFFLINE, a script that needs no key/],
    [
      'a key',
      { ANTHROPIC_API_KEY: 'k', DEFAULT_LLM_MODEL: 'claude-haiku-4-5' },
      /^claude-haiku-4-5 of ANTHROPIC, because ANTHROPIC_API_KEY is set; this costs real cents$/,
    ],
    [
      'a server of the operator',
      { OPENAI_COMPATIBLE_SERVERS },
      /^ollama\/llama3\.2:3b of OPENAI_COMPATIBLE_SERVERS; it costs what it costs there$/,
    ],
  ])('with %s', (_what, settings, fact) => {
    expect(defaultModel(settings)).toMatch(fact);
  });

  it('or what is wrong with the settings', () => {
    expect(() => defaultModel({ DEFAULT_LLM_MODEL: 'gpt-99' })).toThrow(ConfigError);
  });
});
