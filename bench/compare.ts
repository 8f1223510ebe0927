import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { printReport } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';

/** Runs benches in another checkout and in this one by turns, and prints the median of every figure beside the other's. */
export async function compare(benches: readonly string[], otherRoot: string): Promise<void> {
  const [there, here]: [Figures[], Figures[]] = [[], []];
  for (let round = 1; round <= ROUNDS; round++) {
    console.log(`Round ${round} of ${ROUNDS}`);
    there.push(figuresIn(await outputOf(otherRoot, benches)));
    here.push(figuresIn(await outputOf(ROOT, benches)));
  }
  const shared = [...here[0]!.keys()].filter((name) => there[0]!.has(name));
  const of = (rounds: readonly Figures[], name: string) =>
    median(rounds.map((figures) => figures.get(name)!));
  printReport({
    title: `${benches.join(', ')}: medians of ${ROUNDS} rounds by turns; there is ${path.resolve(otherRoot)}`,
    tables: [
      {
        columns: ['figure', 'there', 'here', 'ratio'],
        rows: shared.map((name) => [
          name,
          String(of(there, name)),
          String(of(here, name)),
          `${(of(here, name) / of(there, name)).toFixed(2)} ×`,
        ]),
      },
    ],
  });
}

async function outputOf(root: string, benches: readonly string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, ['bench/bench.ts', ...benches], { cwd: root });
  const kill = () => void running.child.kill();
  process.once('exit', kill);
  const { stdout } = await running;
  process.off('exit', kill);
  return stdout;
}

/**
 * Every number of every printed table, by its bench, row, column and place in its cell: an older checkout tells its
 * figures in no other way.
 */
function figuresIn(output: string): Figures {
  const figures = new Map<string, number>();
  const lines = output.split('\n');
  let bench = '';
  let columns: Column[] = [];
  for (const [index, line] of lines.entries()) {
    bench = /^(\w+): /.exec(line)?.[1] ?? bench;
    if (line === '' || line.startsWith('Goals')) columns = [];
    if (line.includes('───')) {
      columns = columnsOf(line, lines[index - 1]!);
      continue;
    }
    const [label, ...rest] = columns;
    for (const { name, start, end } of rest) {
      const cell = line.slice(start, end);
      const numbers = cell.match(/\d+(\.\d+)?/g) ?? [];
      for (const [place, number] of numbers.entries()) {
        const which = numbers.length > 1 ? ` (${place + 1})` : '';
        figures.set(
          `${bench}, ${line.slice(label!.start, label!.end).trim()}: ${name}${which}`,
          Number(number),
        );
      }
    }
  }
  return figures;
}

/** Where each column stands, by the rule below the heading. */
function columnsOf(rule: string, heading: string): Column[] {
  return [...rule.matchAll(/─+/g)].map(({ 0: dashes, index }) => {
    const [start, end] = [index, index + dashes.length];
    return { name: heading.slice(start, end).trim(), start, end };
  });
}

const ROOT = path.join(import.meta.dirname, '..');
const ROUNDS = 5;

type Figures = ReadonlyMap<string, number>;

interface Column {
  name: string;
  start: number;
  end: number;
}
