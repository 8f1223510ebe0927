import type { Redis } from 'ioredis';
import { STATISTICS_KEYS } from '../../core/rate-limit/request-statistics-redis.ts';
import { BUCKET_KEYS } from '../../core/rate-limit/token-bucket-redis.ts';
import { digest } from '../../core/throttle/caller-key.ts';
import { COUNTER_KEYS } from '../../core/throttle/shared-counter.ts';
import type { Services } from '../../kernel/context.ts';
import { apiKeyKey, userKey, WINDOWS } from './rate-limiter.ts';

/** Makes the limits of all callers, and the statistics, begin again. The throttle of sign-ins stays. */
export async function clearAllLimits(redis: Redis): Promise<void> {
  for (const prefix of [COUNTER_KEYS + WINDOWS, BUCKET_KEYS, STATISTICS_KEYS])
    await unlink(redis, `${prefix}*`);
}

/**
 * Makes the limits of a user and of their API keys begin again. `name` is their id, or an e-mail address, for all who
 * have it. Returns the number of users.
 */
export async function clearLimitsOf(
  name: string,
  { database, redis }: Pick<Services, 'database'> & { redis: Redis },
): Promise<number> {
  const users = await database.prisma.user.findMany({
    where: { OR: [{ id: name }, { email: name.toLowerCase() }] },
    select: { id: true, apiKeys: { select: { id: true } } },
  });
  const callers = users.flatMap(({ id, apiKeys }) => [
    userKey(id),
    ...apiKeys.map((key) => apiKeyKey(key.id)),
  ]);
  for (const caller of callers) {
    for (const prefix of [COUNTER_KEYS + WINDOWS, BUCKET_KEYS])
      await unlink(redis, `${prefix}*:${digest(caller)}`);
  }
  return users.length;
}

async function unlink(redis: Redis, match: string): Promise<void> {
  for await (const keys of redis.scanStream({ match, count: 1_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
}
