import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { printReport } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';

/** Runs benches in another checkout and in this one by turns, and prints the median of every figure beside the other's. */
export async function compare(benches: readonly string[], otherRoot: string): Promise<void> {
  const rounds: Round[] = [];
  try {
    while (rounds.length < ROUNDS) {
      console.log(`Round ${rounds.length + 1} of ${ROUNDS}`);
      const there = figuresIn(await outputOf(otherRoot, benches));
      rounds.push({ there, here: figuresIn(await outputOf(ROOT, benches)) });
    }
  } finally {
    if (rounds.length > 0) print(benches, otherRoot, rounds); // what an interrupted comparison has found
  }
}

function print(benches: readonly string[], otherRoot: string, rounds: readonly Round[]): void {
  const of = (which: keyof Round, name: string) => median(rounds.map((round) => round[which].get(name)!));
  const shared = [...rounds[0]!.here.keys()].filter((name) => rounds[0]!.there.has(name));
  const rows = shared.map((name) => {
    const [there, here] = [of('there', name), of('here', name)];
    return [name, String(there), String(here), `${(here / there).toFixed(2)} ×`];
  });
  printReport({
    title: `${benches.join(', ')}: medians of ${rounds.length} rounds by turns; there is ${path.resolve(otherRoot)}`,
    tables: [{ columns: ['figure', 'there', 'here', 'ratio'], rows }],
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
type Round = { there: Figures; here: Figures };

interface Column {
  name: string;
  start: number;
  end: number;
}
