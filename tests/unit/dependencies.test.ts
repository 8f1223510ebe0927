import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

describe('docs/dependencies.md', () => {
  it('explains every dependency, and nothing else', () => {
    const [, runTime, development] = fs.readFileSync('docs/dependencies.md', 'utf8').split('\n## ');
    expect(namesIn(runTime!)).toEqual(Object.keys(packageJson.dependencies));
    expect(namesIn(development!)).toEqual(Object.keys(packageJson.devDependencies));
  });
});

describe('package.json', () => {
  it('pins every version exactly', () => {
    const { dependencies, devDependencies } = packageJson;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
    }
  });
});

const namesIn = (table: string) => [...table.matchAll(/^\| `(.+?)` \|/gm)].map((match) => match[1]);
