import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../../src/config/config.ts';

describe('docker-compose.yml', () => {
  const text = fs.readFileSync('docker-compose.yml', 'utf8');
  const [, block = ''] = /^ {2}environment: &settings\n((?: {4}.*\n)+)/m.exec(text) ?? [];
  const passed = new Map(
    [...block.matchAll(/^ {4}([A-Z_]+): (.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );

  it('passes every setting on but those that it decides itself', () => {
    const decided = ['HOST', 'PORT', 'ROLE', 'DATA_DIR'];
    expect([...passed.keys()].toSorted()).toEqual(
      SETTING_NAMES.filter((name) => !decided.includes(name)).toSorted(),
    );
  });

  it('passes them on under their own names, without defaults', () => {
    const decided = ['NODE_ENV', 'DATABASE_URL', 'REDIS_URL'];
    const others = [...passed].filter(([name]) => !decided.includes(name));
    for (const [name, value] of others) {
      const [, source, operator, rest] = /^\$\{([A-Z_]+):([-?+])(.*)\}$/.exec(value) ?? [];
      expect(source).toBe(name);
      expect(operator === '-' ? rest : '', name).toBe('');
    }
  });

  it('mounts the file of prices where its setting says', () => {
    const [, mounted] =
      /^ {6}source: \$\{LLM_PRICES_FILE:-\/dev\/null\}\n {6}target: (.*)$/m.exec(text) ?? [];
    expect(passed.get('LLM_PRICES_FILE')).toBe(`\${LLM_PRICES_FILE:+${mounted}}`);
  });
});
