import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import lockfile from '../../package-lock.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };

const { dependencies, devDependencies, optionalDependencies } = packageJson;
const locked = Object.entries<LockedPackage>(lockfile.packages).filter(([folder]) => folder !== '');

describe('docs/dependencies.md', () => {
  it('explains every dependency, and nothing else', () => {
    const [, runTime, development, byPlatform] = fs
      .readFileSync('docs/dependencies.md', 'utf8')
      .split('\n## ');
    expect(namesIn(runTime!)).toEqual(Object.keys(dependencies));
    expect(namesIn(development!)).toEqual(Object.keys(devDependencies));
    expect(namesIn(byPlatform!)).toEqual(Object.keys(optionalDependencies));
  });
});

describe('package.json', () => {
  it('pins every version exactly', () => {
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
    for (const [name, version] of Object.entries(all)) expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('brings one version of Node, that of the image', () => {
    const versions = new Set(Object.values(optionalDependencies));
    const images = fs.readFileSync('Dockerfile', 'utf8').matchAll(/^FROM node:([\d.]+)-/gm);
    expect(new Set([...images].map(([, version]) => version))).toEqual(versions);
  });
});

describe('package-lock.json', () => {
  it('has the checksum of every package, Node among them', () => {
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    for (const [name, version] of Object.entries(optionalDependencies))
      expect(lockfile.packages).toHaveProperty([`node_modules/${name}`, 'version'], version);
  });

  it('has no package with an install script that package.json does not decide about', () => {
    const names = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([folder]) => nameOf(folder));
    expect(Object.keys(packageJson.allowScripts)).toEqual(expect.arrayContaining(names));
  });
});

const namesIn = (table: string) => [...table.matchAll(/^\| `(.+?)` \|/gm)].map((match) => match[1]);
const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);

interface LockedPackage {
  integrity?: string;
  hasInstallScript?: boolean;
}
