import type { Config } from '../config/config.ts';
import type { Services } from '../kernel/context.ts';
import type { HttpServer } from '../transport/http/server.ts';
import { createServer } from '../transport/server.ts';
import type { Storage } from './storage.ts';

/** Builds the HTTP server. Null for the role `worker`, which has none. */
export function buildServer(
  config: Config,
  { services, jobs, redis }: { services: Services } & Pick<Storage, 'jobs' | 'redis'>,
  closers: AsyncDisposableStack,
): HttpServer | null {
  if (config.role === 'worker') return null;
  const probes = { queue: () => jobs.ping(), redis: redis ? () => redis.redis.ping() : undefined };
  const server = createServer(services, config, probes);
  closers.defer(() => server.close());
  return server;
}
