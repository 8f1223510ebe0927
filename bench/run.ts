/** What a durable run adds to the same three calls made directly to the same provider. */
import type { Client } from 'graphql-ws';
import { type Account, readTokens } from './support/account.ts';
import { monotonicMs } from './support/monotonic-clock.ts';
import { cpuMs, residentMb } from './support/process-usage.ts';
import type { Pace, ProviderReader } from './support/provider-reader.ts';
import type { Goal, Report, Table } from '../tools/report.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median, percentile } from '../tools/statistics.ts';

export async function benchRun({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const loads = quick ? LOADS.slice(0, 2).map(({ atOnce }) => ({ atOnce, runs: atOnce })) : LOADS;
  const cases = PACES.flatMap((pace) => loads.map((load): Case => ({ pace, ...load, found: [] })));
  await using stage = await openStage(Math.min(loads.at(-1)!.atOnce, MAX_SOCKETS));
  await runThrough(stage.account, stage.sockets[0]!, PACES[0]!); // loads LangGraph and the provider's SDK
  await runDirectly(stage.reader, PACES[0]!);
  for (let round = 0; round < rounds; round++) {
    for (const each of cases) each.found.push(await measure(stage, each));
  }
  const memory = Math.round(residentMb(stage.product.pid));
  return {
    title: `run: ${STEPS} steps of ${TOKENS} tokens in a row, durable, against the same calls made directly`,
    tables: [tableOf(cases)],
    notes: [
      'Milliseconds. A run: from sending the mutation, through subscribing with the id that it gave, to the first',
      'token, the last token and the ended event at a WebSocket. Directly: three calls with the SDK of OpenAI.',
      `All runs are one user's. The product's Node process after all of them: ${memory} MB RSS.`,
    ],
    goals: goalsFor(cases[0]!.found),
  };
}

async function measure(
  { product, account, reader, sockets }: Stage,
  { pace, atOnce, runs }: Case,
): Promise<Round> {
  const direct = await many(atOnce, runs, () => runDirectly(reader, pace));
  const before = cpuMs(product.pid);
  const durable = await many(atOnce, runs, (lane) =>
    runThrough(account, sockets[lane % sockets.length]!, pace),
  );
  const usedMs = cpuMs(product.pid) - before;
  return { direct: direct.times, durable: durable.times, failed: durable.failed, cpuMs: usedMs / runs };
}

async function runThrough(account: Account, socket: Client, pace: Pace): Promise<Times> {
  const watch = new Stopwatch();
  const id = await account.startRun(STEPS, pace);
  await readTokens(socket, id, () => watch.token());
  return watch.end();
}

async function runDirectly(reader: ProviderReader, pace: Pace): Promise<Times> {
  const watch = new Stopwatch();
  for (let step = 0; step < STEPS; step++) await reader.read(pace, () => watch.token());
  return watch.end();
}

/** `runs` calls, at most `atOnce` at a time. */
async function many(atOnce: number, runs: number, work: (lane: number) => Promise<Times>) {
  const times: Times[] = [];
  let started = 0;
  const lanes = Array.from({ length: atOnce }, async (_, lane) => {
    while (started++ < runs) {
      await work(lane).then(
        (took) => times.push(took),
        (error: Error) => console.error(error.message),
      );
    }
  });
  await Promise.all(lanes);
  return { times, failed: runs - times.length };
}

class Stopwatch {
  readonly #startedAt = monotonicMs();
  #firstMs: number | undefined;
  #lastMs = NaN;

  token(): void {
    this.#lastMs = monotonicMs() - this.#startedAt;
    this.#firstMs ??= this.#lastMs;
  }

  end(): Times {
    return { firstMs: this.#firstMs ?? NaN, lastMs: this.#lastMs, endMs: monotonicMs() - this.#startedAt };
  }
}

function tableOf(cases: readonly Case[]): Table {
  return {
    columns: [
      'provider, runs at once',
      'direct: first; end',
      'durable: first; end',
      'first added p50/p95',
      'last added p50/p95',
      'end added p50/p95',
      'end ratio',
      'CPU a run',
      'failed',
    ],
    rows: cases.map(({ pace, atOnce, found }) => [
      `${TOKENS} × ${pace.everyMs} ms, ${atOnce}`,
      `${at(found, 'direct', 'firstMs')}; ${at(found, 'direct', 'endMs')}`,
      `${at(found, 'durable', 'firstMs')}; ${at(found, 'durable', 'endMs')}`,
      addedCell(found, 'firstMs'),
      addedCell(found, 'lastMs'),
      addedCell(found, 'endMs'),
      `${(quantile(found, 'durable', 'endMs', 0.5) / quantile(found, 'direct', 'endMs', 0.5)).toFixed(2)} ×`,
      `${median(found.map((round) => round.cpuMs)).toFixed(0)} ms`,
      String(found.reduce((sum, round) => sum + round.failed, 0)),
    ]),
  };
}

function goalsFor(found: Round[]): Goal[] {
  return [goal('first token', added(found, 'firstMs', 0.5), 15), goal('end', added(found, 'endMs', 0.5), 40)];
}

function goal(what: string, addedMs: number, limitMs: number): Goal {
  return {
    what: `run: ${what}, one at a time, p50 over direct calls`,
    goal: `≤ +${limitMs} ms`,
    measured: `+${addedMs.toFixed(1)} ms`,
    met: addedMs <= limitMs,
  };
}

function quantile(found: Round[], who: 'direct' | 'durable', what: keyof Times, p: number): number {
  const ofRound = (round: Round) =>
    percentile(
      round[who].map((times) => times[what]),
      p,
    );
  return median(found.map(ofRound));
}

function added(found: Round[], what: keyof Times, p: number): number {
  return quantile(found, 'durable', what, p) - quantile(found, 'direct', what, p);
}

const at = (found: Round[], who: 'direct' | 'durable', what: keyof Times) =>
  quantile(found, who, what, 0.5).toFixed(0);

const addedCell = (found: Round[], what: keyof Times) =>
  `${added(found, what, 0.5).toFixed(0)}/${added(found, what, 0.95).toFixed(0)}`;

const STEPS = 3;
const TOKENS = 40;
const PACES: readonly Pace[] = [
  { tokens: TOKENS, everyMs: 10 },
  { tokens: TOKENS, everyMs: 0 },
];
const LOADS = [
  { atOnce: 1, runs: 8 },
  { atOnce: 20, runs: 40 },
  { atOnce: 100, runs: 100 },
];
/** What one user may have open. */
const MAX_SOCKETS = 50;

interface Case {
  pace: Pace;
  atOnce: number;
  runs: number;
  found: Round[];
}

interface Times {
  firstMs: number;
  lastMs: number;
  endMs: number;
}

interface Round {
  direct: Times[];
  durable: Times[];
  failed: number;
  /** Of the product's Node process, for each run. */
  cpuMs: number;
}
