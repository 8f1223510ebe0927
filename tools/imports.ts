import fs from 'node:fs';
import path from 'node:path';

/** Every TypeScript source below these folders, without what is generated; paths from the root of the checkout. */
export function readSources(folders: readonly string[], root = ROOT): Source[] {
  return folders
    .flatMap((folder) =>
      fs
        .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => path.posix.join(folder, name)),
    )
    .filter((file) => file.endsWith('.ts') && !file.startsWith('src/generated/'))
    .map((file) => ({ file, text: fs.readFileSync(path.join(root, file), 'utf8') }));
}

/** What a source imports or exports from elsewhere; a file by its path, a package by its name. */
export function importsOf({ file, text }: Source): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(({ groups }) => ({
    specifier: groups!['specifier']!,
    isTypeOnly: groups!['type'] !== undefined,
  }));
  const calls = [...text.matchAll(CALL)].map(({ groups }) => ({
    specifier: groups!['specifier']!,
    isTypeOnly: false,
  }));
  return [...statements, ...calls].map(({ specifier, isTypeOnly }) => ({
    file,
    target: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier,
    isTypeOnly,
  }));
}

/** Files that need each other, each circle once; one that names types only counts like any other. */
export function circlesIn(imports: readonly Import[]): string[] {
  const needed = Map.groupBy(imports, ({ file }) => file);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: string[]) => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    done.add(file);
    for (const { target } of needed.get(file) ?? []) visit(target, [...trail, file]);
  };
  for (const file of needed.keys()) visit(file, []);
  return circles;
}

export const ROOT = path.resolve(import.meta.dirname, '..');
/** At the start of a line, over one line or several; `import type` and `export type` name types only. */
const STATEMENT = /^(?:import|export)\s+(?<type>type\s+)?(?:[^'";]*?\sfrom\s+)?'(?<specifier>[^']+)'/gm;
const CALL = /\bimport\('(?<specifier>[^']+)'\)/g;

export interface Source {
  file: string;
  text: string;
}

export interface Import {
  file: string;
  target: string;
  isTypeOnly: boolean;
}
