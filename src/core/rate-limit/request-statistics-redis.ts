import type { Redis } from 'ioredis';
import {
  ACTIVE_MS,
  dayOf,
  type GroupCounts,
  type LocalStatistics,
  type Statistics,
} from './request-statistics-local.ts';

/**
 * Counts of all processes in Redis, each in one round trip. Users are counted by HyperLogLogs of at most 12 KB: exact
 * for some hundreds of users, within about 1 % for more. Errors: those of Redis.
 */
export class RedisStatistics {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async add({ groups }: LocalStatistics, now: number): Promise<void> {
    const commands = this.#redis.pipeline();
    for (const [group, counts] of groups) addGroup(commands, group, counts, now);
    // A pipeline resolves with the error of each command.
    for (const [error] of (await commands.exec()) ?? []) if (error) throw error;
  }

  async read(group: string, now: number): Promise<Statistics> {
    const slice = sliceOf(now);
    const recent = Array.from({ length: ACTIVE_SLICES }, (_, ago) => activeKey(group, slice - ago));
    const [counts, uniqueUsers, activeUsers] = await Promise.all([
      this.#redis.hmget(countsKey(group, now), 'total', 'blocked'),
      this.#redis.pfcount(usersKey(group, now)),
      this.#redis.pfcount(...recent),
    ]);
    const [total, blocked] = counts.map(Number);
    return { total: total ?? 0, blocked: blocked ?? 0, uniqueUsers, activeUsers };
  }
}

function addGroup(commands: Commands, group: string, counts: GroupCounts, now: number): void {
  const users = [...counts.lastSeen.keys()];
  const active = activeKey(group, sliceOf(now));
  commands
    .hincrby(countsKey(group, now), 'total', counts.total)
    .hincrby(countsKey(group, now), 'blocked', counts.blocked)
    .expire(countsKey(group, now), DAY_SECONDS)
    .pfadd(usersKey(group, now), ...users)
    .expire(usersKey(group, now), DAY_SECONDS)
    .pfadd(active, ...users)
    .expire(active, ACTIVE_SECONDS);
}

/** The last minute is made of slices, the newest of which is not over. */
function sliceOf(now: number): number {
  return Math.floor(now / SLICE_MS);
}

const countsKey = (group: string, now: number) => `${STATISTICS_KEYS}counts:${dayOf(now)}:${group}`;
const usersKey = (group: string, now: number) => `${STATISTICS_KEYS}users:${dayOf(now)}:${group}`;
const activeKey = (group: string, slice: number) => `${STATISTICS_KEYS}active:${slice}:${group}`;

/** What the keys in Redis begin with. */
export const STATISTICS_KEYS = 'agentforge:requests:';
const SLICE_MS = 10_000;
const ACTIVE_SLICES = ACTIVE_MS / SLICE_MS + 1;
const ACTIVE_SECONDS = (ACTIVE_MS + 2 * SLICE_MS) / 1_000;
const DAY_SECONDS = 2 * 86_400;

type Commands = ReturnType<Redis['pipeline']>;
