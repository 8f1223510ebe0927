/** From an empty folder to a server that is ready, what it costs idle, and how much of that is Postgres. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts';
import { monotonicMs } from './support/monotonic-clock.ts';
import { proportionalMb, residentMb } from './support/process-usage.ts';
import { startProduct } from './support/product.ts';
import type { Report } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchStart({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const settleMs = quick ? 200 : 2_000;
  const found: Round[] = [];
  for (let round = 0; round < rounds; round++) found.push(await oneRound(settleMs));
  const of = (name: keyof Round) => median(found.map((values) => values[name]));
  const [empty, warm] = [of('emptyMs'), of('warmMs')];
  const [emptyPostgres, warmPostgres] = [of('emptyPostgresMs'), of('warmPostgresMs')];

  return {
    title: 'start: from the start of the process to its first 200 from /ready',
    tables: [
      {
        columns: ['folder', 'product', 'its Postgres alone', 'ratio', 'Node, RSS idle', 'Postgres, PSS idle'],
        rows: [
          ['empty', ms(empty), ms(emptyPostgres), times(empty / emptyPostgres), '', ''],
          [
            'used before',
            ms(warm),
            ms(warmPostgres),
            times(warm / warmPostgres),
            mb(of('nodeMb')),
            mb(of('postgresMb')),
          ],
        ],
      },
    ],
    goals: [
      { what: 'start: empty folder → ready', goal: '≤ 1500 ms', measured: ms(empty), met: empty <= 1_500 },
      { what: 'start: warm', goal: '≤ 600 ms', measured: ms(warm), met: warm <= 600 },
    ],
  };
}

async function oneRound(settleMs: number): Promise<Round> {
  using folder = temporaryFolder();
  using postgresFolder = temporaryFolder();
  const emptyPostgresMs = await timePostgres(postgresFolder.path);
  const first = await startProduct(folder.path);
  await first.stop();
  const warmPostgresMs = await timePostgres(postgresFolder.path);
  await using second = await startProduct(folder.path);
  await sleep(settleMs);
  return {
    emptyMs: first.readyAfterMs,
    warmMs: second.readyAfterMs,
    emptyPostgresMs,
    warmPostgresMs,
    nodeMb: residentMb(second.pid),
    postgresMb: proportionalMb(postmasterOf(folder.path)),
  };
}

async function timePostgres(folder: string): Promise<number> {
  const startedAt = monotonicMs();
  const postgres = await startEmbeddedPostgres({ folder });
  const tookMs = monotonicMs() - startedAt;
  await postgres.stop();
  return tookMs;
}

function postmasterOf(folder: string): number {
  return parseInt(fs.readFileSync(path.join(folder, 'postgres/data/postmaster.pid'), 'utf8'), 10);
}

const ms = (value: number) => `${Math.round(value)} ms`;
const mb = (value: number) => `${Math.round(value)} MB`;
const times = (value: number) => `${value.toFixed(1)} ×`;

interface Round {
  emptyMs: number;
  warmMs: number;
  emptyPostgresMs: number;
  warmPostgresMs: number;
  nodeMb: number;
  postgresMb: number;
}
