/** How old a token is when it reaches a reader: many runs at once, through the log and a WebSocket. */
import { readTokens } from './support/account.ts';
import { monotonicMs } from './support/monotonic-clock.ts';
import { cpuMs } from './support/process-usage.ts';
import type { Pace } from './support/provider-reader.ts';
import type { Report } from '../tools/report.ts';
import { openStage } from './support/stage.ts';
import { median, percentile } from '../tools/statistics.ts';

export async function benchLog({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const runs = quick ? 5 : RUNS;
  const pace: Pace = { tokens: quick ? 50 : TOKENS, everyMs: 1_000 / TOKENS_PER_SECOND };
  await using stage = await openStage(runs);
  const { account, product, reader, sockets } = stage;
  const readRun = async (lane: number, onToken: (text: string) => void) =>
    readTokens(sockets[lane]!, await account.startRun(1, pace), onToken);

  await readRun(0, () => {});
  const direct: Lags[] = [];
  const durable: Lags[] = [];
  const cpuMsPerToken: number[] = [];
  for (let round = 0; round < rounds; round++) {
    direct.push(await lagsOf(runs, pace, (_lane, onToken) => reader.read(pace, onToken)));
    const before = cpuMs(product.pid);
    durable.push(await lagsOf(runs, pace, readRun));
    cpuMsPerToken.push((cpuMs(product.pid) - before) / (runs * pace.tokens));
  }

  const of = (rounds: Lags[], name: keyof Lags) => median(rounds.map((lags) => lags[name]));
  const cells = (rounds: Lags[]) => LAG_NAMES.map((name) => `${of(rounds, name).toFixed(1)} ms`);
  const p99 = of(durable, 'p99');
  return {
    title: `log: ${runs} runs × ${TOKENS_PER_SECOND} tokens/s, provider → log → WebSocket reader`,
    tables: [
      {
        columns: ['age of a token when it arrives', ...LAG_NAMES, 'CPU a token'],
        rows: [
          ['directly from the provider', ...cells(direct), ''],
          ['through the log', ...cells(durable), `${median(cpuMsPerToken).toFixed(2)} ms`],
          ['ratio', ...LAG_NAMES.map((name) => `${(of(durable, name) / of(direct, name)).toFixed(1)} ×`), ''],
        ],
      },
    ],
    notes: ['Every token arrived: each run was read to its end and its tokens were counted.'],
    goals: [
      {
        what: `log: ${runs} × ${TOKENS_PER_SECOND} tokens/s, provider → subscriber, p99`,
        goal: '≤ 100 ms',
        measured: `${p99.toFixed(1)} ms`,
        met: p99 <= 100,
      },
    ],
  };
}

/** How old the tokens of as many answers are; all of them must arrive. */
async function lagsOf(count: number, pace: Pace, read: Read): Promise<Lags> {
  const lags: number[] = [];
  const note = (text: string) => {
    const arrivedAt = monotonicMs();
    for (const sentAt of text.trim().split(' ')) lags.push(arrivedAt - Number(sentAt)); // pieces may be merged
  };
  await Promise.all(Array.from({ length: count }, (_, lane) => read(lane, note)));
  if (lags.length !== count * pace.tokens) throw new Error(`${lags.length} tokens arrived`);
  const of = (p: number) => percentile(lags, p);
  return { p50: of(0.5), p95: of(0.95), p99: of(0.99), max: of(1) };
}

const RUNS = 50;
const TOKENS_PER_SECOND = 50;
/** A run takes as many seconds as this has in it. */
const TOKENS = 8 * TOKENS_PER_SECOND;
const LAG_NAMES = ['p50', 'p95', 'p99', 'max'] as const;

type Lags = Record<(typeof LAG_NAMES)[number], number>;
type Read = (lane: number, onToken: (text: string) => void) => Promise<void>;
