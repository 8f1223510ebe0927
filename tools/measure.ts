/**
 * `npm run measure [-- <folder>]`: the sizes of the sources in `src` of this repository, or of another checkout, and
 * whether they keep the goals. Ends with 1 when one is missed.
 */
import path from 'node:path';
import { parse } from '@babel/parser';
import { circlesIn, importsOf, readSources, ROOT, type Source } from './imports.ts';
import { type Goal, printGoals, printReport, type Table } from './report.ts';
import { percentile } from './statistics.ts';

function main(root: string): void {
  const files = readSources(['src'], root).map(measure);
  const circles = circlesIn(files.flatMap(({ source }) => importsOf(source)));
  const folders = [...Map.groupBy(files, ({ name }) => path.dirname(name))].map(([name, { length }]) => ({
    name,
    size: length,
  }));
  const goals = goalsOf(files, circles, folders);
  printReport({
    title: `${path.join(root, 'src')}, without what is generated`,
    tables: [
      roomsTable(files),
      largest('longest functions', files.flatMap(functionsOf)),
      largest('longest files', files.map(sized)),
      largest('longest classes', files.flatMap(classesOf)),
      largest('fullest folders', folders),
    ],
    notes: circles.map((circle) => `Import circle: ${circle}`),
  });
  printGoals(goals);
  if (goals.some(({ met }) => !met)) process.exitCode = 1;
}

function goalsOf(
  files: readonly SourceFile[],
  circles: readonly string[],
  folders: readonly Sized[],
): Goal[] {
  const functions = sizesOf(files.flatMap(functionsOf));
  const lines = sizesOf(files.map(sized));
  const classes = sizesOf(files.flatMap(classesOf));
  return [
    goal('lines of a function, p95', percentile(functions, 0.95), 24),
    goal('lines of a function, max', percentile(functions, 1), 60),
    goal('lines of a file, p95', percentile(lines, 0.95), 240),
    goal('lines of a file, max', percentile(lines, 1), 300),
    goal('lines of a class, max', percentile(classes, 1), 150),
    goal('import circles, types counted', circles.length, 0),
    goal('files in a folder, max', percentile(sizesOf(folders), 1), 16), // about 15
  ];
}

function goal(what: string, measured: number, limit: number): Goal {
  return { what, goal: `≤ ${limit}`, measured: String(measured), met: measured <= limit };
}

/** One row for each folder of `src`, and one for each of its modules and parts of the core. */
function roomsTable(files: readonly SourceFile[]): Table {
  const byRoom = (depth: number) =>
    [...Map.groupBy(files, ({ name }) => path.dirname(name).split('/').slice(0, depth).join('/'))].filter(
      ([room]) => room.split('/').length === depth,
    );
  const rows = [['src', files] as const, ...byRoom(2), ...byRoom(3)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return {
    columns: ['folder', 'files', 'lines', 'file p50/p95/max', 'functions', 'function p50/p95/max'],
    rows: rows.map(([room, its]) => {
      const [lines, functions] = [sizesOf(its.map(sized)), sizesOf(its.flatMap(functionsOf))];
      const total = lines.reduce((sum, size) => sum + size, 0);
      return [
        room,
        ...[its.length, total].map(String),
        spread(lines),
        String(functions.length),
        spread(functions),
      ];
    }),
  };
}

function largest(title: string, parts: readonly Sized[]): Table {
  const shown = parts.toSorted((one, other) => other.size - one.size).slice(0, SHOWN);
  return { columns: [title, ''], rows: shown.map(({ name, size }) => [name, String(size)]) };
}

/** A function is a block body, from the line on which its function begins to the one on which that ends. */
function measure(source: Source): SourceFile {
  const functions: Sized[] = [];
  const classes: Sized[] = [];
  const visit = (node: SyntaxNode, parent: SyntaxNode | null) => {
    const sizedNode = () => ({
      name: `${source.file}:${node.loc!.start.line} ${nameOf(node) ?? (parent && nameOf(parent)) ?? ''}`.trim(),
      size: node.loc!.end.line - node.loc!.start.line + 1,
    });
    if (FUNCTIONS.has(node.type) && isNode(node['body']) && node['body'].type === 'BlockStatement')
      functions.push(sizedNode());
    if (CLASSES.has(node.type)) classes.push(sizedNode());
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, node);
  };
  const { program } = parse(source.text, { sourceType: 'module', plugins: ['typescript'] });
  visit(program as unknown as SyntaxNode, null);
  return { name: source.file, size: source.text.split('\n').length - 1, source, functions, classes };
}

function nameOf({ id, key }: SyntaxNode): string | null {
  const name = [id, key].find(isNode);
  if (name?.type === 'PrivateName') return `#${nameOf(name)}`;
  return typeof name?.['name'] === 'string' ? name['name'] : null;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;
}

const sized = ({ name, size }: SourceFile): Sized => ({ name, size });
const functionsOf = ({ functions }: SourceFile) => functions;
const classesOf = ({ classes }: SourceFile) => classes;
const sizesOf = (parts: readonly Sized[]) => parts.map(({ size }) => size);
const spread = (sizes: readonly number[]) =>
  sizes.length === 0 ? '' : [0.5, 0.95, 1].map((p) => percentile(sizes, p)).join(' / ');

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'ClassPrivateMethod',
  'ObjectMethod',
]);
const CLASSES = new Set(['ClassDeclaration', 'ClassExpression']);
const SHOWN = 15;

interface Sized {
  name: string;
  /** Lines; of a folder, files. */
  size: number;
}

interface SourceFile extends Sized {
  source: Source;
  functions: readonly Sized[];
  classes: readonly Sized[];
}

interface SyntaxNode {
  type: string;
  loc: { start: { line: number }; end: { line: number } } | null;
  [key: string]: unknown;
}

main(path.resolve(process.argv[2] ?? ROOT));
