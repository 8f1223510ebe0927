/**
 * `npm run bench [-- name … --quick]`: measures, prints one table a bench and then the goals. Never a test. With
 * `--beside <folder>` it measures another checkout too, by turns, and prints both.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { benchAccess } from './access.ts';
import { compare } from './compare.ts';
import { benchLog } from './log.ts';
import { benchMoney } from './money.ts';
import { benchNested } from './nested.ts';
import { benchRun } from './run.ts';
import { benchSaver } from './saver.ts';
import { benchStart } from './start.ts';
import { benchStatistics } from './statistics.ts';
import { benchWire } from './wire.ts';
import { watchOthers } from './support/process-usage.ts';
import { type Goal, printGoals, printReport } from '../tools/report.ts';

const BENCHES = {
  start: benchStart,
  run: benchRun,
  log: benchLog,
  money: benchMoney,
  nested: benchNested,
  access: benchAccess,
  saver: benchSaver,
  statistics: benchStatistics,
  wire: benchWire,
};

async function main(args: string[]): Promise<void> {
  const { values, positionals: asked } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const { quick, beside } = values;
  const unknown = asked.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) {
    console.error(`There is no bench ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  console.log(`Node ${process.version}, ${os.availableParallelism()} cores.`);
  if (beside) return compare(quick ? [...asked, '--quick'] : asked, beside);
  setTimeout(giveUp, LIMIT_MS).unref();
  const goals: Goal[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const others = watchOthers();
    const report = await bench({ rounds: quick ? 1 : ROUNDS, quick });
    const share = `Meanwhile other processes used ${Math.round(100 * others())} % of the machine's CPU.`;
    printReport({ ...report, notes: [...(report.notes ?? []), share] });
    goals.push(...(report.goals ?? []));
  }
  printGoals(goals);
  if (quick) console.log('With --quick the figures mean nothing: it shows that the benches work.');
}

function giveUp(): void {
  console.error('The benches took longer than six minutes and were ended.');
  process.exit(1);
}

const OPTIONS = { quick: { type: 'boolean', default: false }, beside: { type: 'string' } } as const;
/** Each figure is the median of these. */
const ROUNDS = 3;
const LIMIT_MS = 6 * 60_000;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1)); // ends the servers

await main(process.argv.slice(2));
