import type { AccessConfig } from '../config/access.ts';
import type { StorageConfig } from '../config/storage.ts';
import { connectRedis } from '../infra/redis.ts';
import type { Services } from '../kernel/context.ts';
import { NO_SIGNALS } from '../modules/approvals/decision-signals.ts';
import { HitlPublisher } from '../transport/redis/hitl-publisher.ts';
import { HitlSubscriber } from '../transport/redis/hitl-subscriber.ts';
import type { Storage } from './storage.ts';

/** Builds what publishes decisions on Redis. Publishes nothing without Redis and HITL_SHARED_SECRET. */
export function buildSignals(
  { hitlSharedSecret: secret }: Config,
  { redis, clock }: Pick<Storage, 'redis'> & Pick<Services, 'clock'>,
): Pick<Services, 'decisionSignals'> {
  const isOn = redis !== null && secret !== null;
  return { decisionSignals: isOn ? new HitlPublisher({ secret, connection: redis, clock }) : NO_SIGNALS };
}

/** Takes the decisions that are published there, on a connection of its own. */
export function listenForSignals(
  { hitlSharedSecret: secret, redisUrl }: Config,
  services: Services,
  closers: AsyncDisposableStack,
): void {
  if (redisUrl === null || secret === null) return;
  const connection = connectRedis(redisUrl, (error) =>
    services.logger.warn({ err: error }, 'redis connection lost; decisions published meanwhile are not seen'),
  );
  const subscriber = new HitlSubscriber({ secret, connection, services });
  closers.defer(() => subscriber.close());
}

type Config = Pick<AccessConfig, 'hitlSharedSecret'> & Pick<StorageConfig, 'redisUrl'>;
