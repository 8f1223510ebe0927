import { withOperatorRedis } from '../build/operator-redis.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../errors.ts';
import { clearAllLimits, clearLimitsOf } from '../modules/limits/clear.ts';
import { decodeId } from '../schema-kit/global-id.ts';
import { withDatabase } from './database.ts';

/** Clears the limits of all, or of one user: `name` is an e-mail address, or an id as the API or the database has it. */
export async function clearRateLimits(config: Config, name?: string): Promise<number> {
  return withOperatorRedis(config.redisUrl, async (redis) => {
    if (name === undefined) {
      await clearAllLimits(redis);
      console.log('All rate limits begin again.');
      return 0;
    }
    const users = await withDatabase(config, (database) =>
      clearLimitsOf(decodeId(name, 'User') || name, { database, redis }),
    );
    if (users === 0) throw new AppError('NOT_FOUND', `No user has the e-mail or the id ${name}.`);
    console.log(`The rate limits of ${name} begin again.`);
    return 0;
  });
}
