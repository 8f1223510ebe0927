/** What the rate limiter adds to the cheapest query and to a mutation: no limits, limits in memory, limits on Redis. */
import { Account } from './support/account.ts';
import { type Load, type LoadRequest, loadWith } from './support/http-load.ts';
import { cpuMs } from './support/process-usage.ts';
import { databaseOf, PRODUCTION, startProduct } from './support/product.ts';
import type { RunningServer } from './support/running-server.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { findRedis, startRedis } from '../tests/support/redis-server.ts';
import type { Goal, Report } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';

export async function benchAccess({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const durationMs = quick ? 300 : 3_000;
  using folder = temporaryFolder();
  using limitedFolder = temporaryFolder();
  using sharedFolder = temporaryFolder();
  const redis = findRedis() ? await startRedis() : null;
  try {
    await using off = await startProduct(folder.path, PRODUCTION);
    const databaseUrl = databaseOf(folder.path);
    const settings = { ...PRODUCTION, ...LIMITS, DATABASE_URL: databaseUrl };
    await using memory = await startProduct(limitedFolder.path, settings);
    await using shared =
      redis && (await startProduct(sharedFolder.path, { ...settings, REDIS_URL: redis.url }));
    const account = await Account.signUp(off.url, databaseUrl);
    const servers = { off, memory, ...(shared && { redis: shared }) };
    const cases = Object.entries(REQUESTS).flatMap(([what, body]) =>
      Object.entries(servers).map(
        ([limits, server]): Case => ({
          what,
          limits,
          server,
          request: requestOf(server, account, body),
          found: [],
        }),
      ),
    );
    for (const each of cases) await loadWith(each.request, CONNECTIONS, durationMs / 3);
    for (let round = 0; round < rounds; round++) for (const each of cases) await measure(each, durationMs);
    return reportOf(cases);
  } finally {
    await redis?.stop();
  }
}

/** The CPU under load, and the time of a request when there is no other. */
async function measure({ server, request, found }: Case, durationMs: number): Promise<void> {
  const before = cpuMs(server.pid);
  const load = await loadWith(request, CONNECTIONS, durationMs);
  const cpu = (cpuMs(server.pid) - before) / load.requests;
  const alone = await loadWith(request, 1, durationMs / 3);
  found.push({ ...load, cpuMs: cpu, aloneMs: 1_000 / alone.perSecond });
}

function reportOf(cases: readonly Case[]): Report {
  const offOf = ({ what }: Case) => cases.find((each) => each.what === what && each.limits === 'off')!;
  const of = ({ found }: Case, name: keyof Found) => median(found.map((each) => each[name]));
  const share = (each: Case) => of(each, 'cpuMs') / of(offOf(each), 'cpuMs') - 1;
  const addedMs = (each: Case) => of(each, 'aloneMs') - of(offOf(each), 'aloneMs');
  const goals = cases.flatMap((each): Goal[] => {
    const what = `access: ${each.what}, limits ${each.limits}`;
    if (each.limits === 'memory')
      return [{ what, goal: '≤ +10 % CPU', measured: `${percent(share(each))} %`, met: share(each) <= 0.1 }];
    if (each.limits === 'off') return [];
    return [
      { what, goal: '≤ +0.2 ms', measured: `${addedMs(each).toFixed(2)} ms`, met: addedMs(each) <= 0.2 },
    ];
  });
  return {
    title: `access: what the rate limiter adds, ${CONNECTIONS} connections, and one alone`,
    tables: [
      {
        columns: ['request, limits', 'requests/s', 'Node CPU a request', 'added', 'alone', 'added'],
        rows: cases.map((each) => [
          `${each.what}, ${each.limits}`,
          of(each, 'perSecond').toFixed(0),
          `${of(each, 'cpuMs').toFixed(3)} ms`,
          `${percent(share(each))} %`,
          `${of(each, 'aloneMs').toFixed(3)} ms`,
          `${addedMs(each).toFixed(3)} ms`,
        ]),
      },
    ],
    goals,
  };
}

const percent = (share: number) => (100 * share).toFixed(1);

function requestOf({ url }: RunningServer, { api }: Account, body: object): LoadRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${api.accessToken}` };
  return { url: `${url}/graphql`, headers, body: JSON.stringify(body) };
}

const CONNECTIONS = 20;
/** Higher than any load, so that every request is counted and none is refused. */
const LIMITS = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  RATE_LIMIT_AUTH_PER_MINUTE: '1000000',
  RATE_LIMIT_EXECUTIONS_PER_MINUTE: '1000000',
};
const REQUESTS = {
  __typename: { query: '{ __typename }' },
  mutation: { query: 'mutation { updateProfile(input: { displayName: "Bench" }) { __typename } }' },
};

interface Case {
  what: string;
  limits: string;
  server: RunningServer;
  request: LoadRequest;
  found: Found[];
}

type Found = Load & { cpuMs: number; aloneMs: number };
