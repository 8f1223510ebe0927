import { describe, expect, it } from 'vitest';
import { buildLlm } from '../../../src/build/llm.ts';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/infra/logger.ts';

describe('the default model', () => {
  it('is its successor, with a warning, when its provider no longer serves it', () => {
    const { route, warnings } = started({ DEFAULT_LLM_MODEL: 'claude-3-5-sonnet-20241022' });
    expect(route()).toMatchObject({ provider: 'ANTHROPIC', model: 'claude-sonnet-5-5' });
    expect(warnings).toEqual([expect.stringMatching(/no longer served.*successor/)]);
    expect(warnings[0]).toContain('"successor":"claude-sonnet-5-5"');
  });

  it('may be any model with a price, without a warning', () => {
    const { route, warnings } = started({ DEFAULT_LLM_MODEL: 'claude-haiku-4-5-20251001' });
    expect(route()).toMatchObject({ model: 'claude-haiku-4-5-20251001', inputUsdPerMTok: '1' });
    expect(warnings).toEqual([]);
  });

  it('fails the start without a price, and says how to give it one', () => {
    const start = () => started({ DEFAULT_LLM_MODEL: 'claude-99' });
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(
      /DEFAULT_LLM_MODEL: .*"claude-99" of ANTHROPIC has no known price.*LLM_PRICES_FILE/,
    );
  });
});

function started(settings: NodeJS.Dict<string>) {
  const warnings: string[] = [];
  const logger = createLogger('warn', { write: (line) => void warnings.push(line) });
  const { router } = buildLlm(
    readConfig({ NODE_ENV: 'test', ANTHROPIC_API_KEY: 'k', ...settings }),
    {},
    { logger },
  );
  return { route: () => router.catalog.find(), warnings };
}
