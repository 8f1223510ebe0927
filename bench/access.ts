/**
 * What access control adds to the cheapest query and to a mutation: the credential, rate limits in memory and on Redis,
 * and a Redis that hangs. Permission checks and audit entries are part of every request; `access-parts.ts` times them
 * alone.
 *
 * Short rounds by turns, each beginning with another case, and the median of what a case adds within a round. `off` is
 * measured on a second process with the same settings: what that one adds is the noise of this run.
 */
import { timeParts } from './access-parts.ts';
import { Account } from './support/account.ts';
import { type LoadRequest, loadWith } from './support/http-load.ts';
import { cpuMs } from './support/process-usage.ts';
import { databaseOf, PRODUCTION, startProduct } from './support/product.ts';
import type { RunningServer } from './support/running-server.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { findRedis, type RedisServer, startRedis } from '../tests/support/redis-server.ts';
import type { Goal, Report } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';

export async function benchAccess({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const durationMs = quick ? 100 : 600;
  using folder = temporaryFolder();
  using againFolder = temporaryFolder();
  using memoryFolder = temporaryFolder();
  using sharedFolder = temporaryFolder();
  const redis = findRedis() ? await startRedis() : null;
  try {
    // With its Postgres, which all others reach in the same way.
    await using off = await startProduct(folder.path, PRODUCTION);
    const databaseUrl = databaseOf(folder.path);
    const settings = { ...PRODUCTION, ...LIMITS, DATABASE_URL: databaseUrl };
    await using again = await startProduct(againFolder.path, { ...PRODUCTION, DATABASE_URL: databaseUrl });
    await using memory = await startProduct(memoryFolder.path, settings);
    await using shared =
      redis && (await startProduct(sharedFolder.path, { ...settings, REDIS_URL: redis.url }));
    const account = await Account.signUp(off.url, databaseUrl);
    const servers = { [OFF]: off, [OFF_AGAIN]: again, memory, ...(shared && { redis: shared }) };
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
    const nobody = requestOf(off, null, REQUESTS.__typename);
    cases.unshift({ what: '__typename', limits: NOT_SIGNED_IN, server: off, request: nobody, found: [] });
    for (const each of cases) await loadWith(each.request, CONNECTIONS, 3 * durationMs);
    for (let round = 0; round < rounds * SHORT_ROUNDS; round++) {
      const first = round % cases.length;
      for (const each of [...cases.slice(first), ...cases.slice(0, first)]) await measure(each, durationMs);
    }
    const hang = shared && (await measureHang(shared, redis, account, 4 * durationMs));
    const parts = await timeParts(databaseUrl, account, quick ? 100 : 2_000);
    return { ...reportOf(cases, hang), notes: parts };
  } finally {
    await redis?.stop();
  }
}

/** The CPU under load, and the time of a request when there is no other. */
async function measure({ server, request, found }: Case, durationMs: number): Promise<void> {
  const before = cpuMs(server.pid);
  const load = await loadWith(request, CONNECTIONS, durationMs);
  const cpu = (cpuMs(server.pid) - before) / load.requests;
  const alone = await loadWith(request, 1, durationMs / 2);
  found.push({ perSecond: load.perSecond, cpuMs: cpu, aloneMs: alone.p50Ms });
}

/** The longest that a request waits while Redis is stopped with its connections open, beside the longest before. */
async function measureHang(
  server: RunningServer,
  redis: RedisServer,
  account: Account,
  durationMs: number,
): Promise<Goal> {
  const request = requestOf(server, account, REQUESTS.__typename);
  const before = await loadWith(request, CONNECTIONS, durationMs);
  redis.freeze();
  const hung = await loadWith(request, CONNECTIONS, durationMs);
  redis.thaw();
  const addedMs = hung.maxMs - before.maxMs;
  return {
    what: `access: the longest request while Redis hangs (${before.maxMs.toFixed(0)} → ${hung.maxMs.toFixed(0)} ms)`,
    goal: '≤ +50 ms',
    measured: `${addedMs.toFixed(0)} ms`,
    met: addedMs <= 50,
  };
}

function reportOf(cases: readonly Case[], hang: Goal | null): Report {
  const goals = [credentialGoal(cases), ...cases.flatMap((each) => limitGoals(cases, each))];
  return {
    title: `access: what credentials and rate limits add, ${CONNECTIONS} connections, and one alone`,
    tables: [
      {
        columns: ['request, limits', 'requests/s', 'Node CPU a request', 'added', 'alone', 'added'],
        rows: cases.map((each) => [
          `${each.what}, ${each.limits}`,
          medianOf(each, 'perSecond').toFixed(0),
          `${medianOf(each, 'cpuMs').toFixed(3)} ms`,
          percent(addedCpu(each, peerOf(cases, each, OFF))),
          `${medianOf(each, 'aloneMs').toFixed(3)} ms`,
          `${addedMs(each, peerOf(cases, each, OFF)).toFixed(3)} ms`,
        ]),
      },
    ],
    goals: hang ? [...goals, hang] : goals,
  };
}

function credentialGoal(cases: readonly Case[]): Goal {
  const signedIn = cases.find(({ limits }) => limits === OFF)!;
  const share = addedCpu(signedIn, peerOf(cases, signedIn, NOT_SIGNED_IN));
  const measured = percent(share);
  return { what: 'access: __typename, a credential', goal: '≤ +10 % CPU', measured, met: share <= 0.1 };
}

function limitGoals(cases: readonly Case[], each: Case): Goal[] {
  const what = `access: ${each.what}, limits ${each.limits}`;
  const off = peerOf(cases, each, OFF);
  const again = peerOf(cases, each, OFF_AGAIN);
  if (each.limits === 'memory') {
    const share = addedCpu(each, off);
    const measured = `${percent(share)} (noise ${percent(addedCpu(again, off))})`;
    return [{ what, goal: '≤ +10 % CPU', measured, met: share <= 0.1 }];
  }
  if (each.limits !== 'redis') return [];
  const ms = addedMs(each, off);
  const measured = `${ms.toFixed(2)} ms (noise ${addedMs(again, off).toFixed(2)})`;
  return [{ what, goal: '≤ +0.2 ms', measured, met: ms <= 0.2 }];
}

/** The case of the same request with other limits. */
function peerOf(cases: readonly Case[], { what }: Case, limits: string): Case {
  return cases.find((each) => each.what === what && each.limits === limits)!;
}

function medianOf({ found }: Case, name: keyof Found): number {
  return median(found.map((each) => each[name]));
}

/** What a case adds within a round. */
function addedCpu({ found }: Case, peer: Case): number {
  return median(found.map(({ cpuMs: ms }, round) => ms / peer.found[round]!.cpuMs - 1));
}

function addedMs({ found }: Case, peer: Case): number {
  return median(found.map(({ aloneMs: ms }, round) => ms - peer.found[round]!.aloneMs));
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function requestOf({ url }: RunningServer, account: Account | null, body: object): LoadRequest {
  const credential = account && { authorization: `Bearer ${account.api.accessToken}` };
  const headers = { 'content-type': 'application/json', ...credential };
  return { url: `${url}/graphql`, headers, body: JSON.stringify(body) };
}

/** Few, so that the connections of all processes to Postgres stay below its limit. */
const CONNECTIONS = 8;
/** In each of the rounds of the bench. */
const SHORT_ROUNDS = 4;
const OFF = 'off';
const NOT_SIGNED_IN = 'off, not signed in';
const OFF_AGAIN = 'off, second process';
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

interface Found {
  perSecond: number;
  cpuMs: number;
  /** The median of one connection alone. */
  aloneMs: number;
}
