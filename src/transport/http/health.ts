import type { RequestListener, ServerResponse } from 'node:http';
import { withTimeLimit } from '../../core/async/time-limit.ts';

/** Liveness: answers while the process runs. Checks no dependency and exposes nothing confidential. */
export function health(facts: { environment: string; version: string }): RequestListener {
  return (_request, response) => send(response, 200, { status: 'ok', ...facts });
}

/**
 * Readiness: whether requests can be served now. Redis is not required: without it, events of other processes arrive
 * later, and the status is `degraded`. A probe that does not answer in time counts as down.
 */
export function readiness({ database, queue, redis }: Probes): RequestListener {
  return async (_request, response) => {
    const [databaseState, queueState, redisState] = await Promise.all([
      stateOf(database),
      stateOf(queue),
      stateOf(redis),
    ]);
    const isServing = databaseState === 'up' && queueState !== 'down';
    const status = !isServing ? 'unavailable' : redisState === 'down' ? 'degraded' : 'ready';
    send(response, isServing ? 200 : 503, {
      status,
      database: databaseState,
      queue: queueState,
      redis: redisState,
    });
  };
}

const PROBE_TIMEOUT_MS = 2_000;

async function stateOf(probe: Probe | undefined): Promise<'up' | 'down' | 'off'> {
  if (!probe) return 'off';
  const answer = probe().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return withTimeLimit(answer, PROBE_TIMEOUT_MS, 'down');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Rejects when the dependency is down. */
export type Probe = () => Promise<unknown>;

/** Redis and the queue are absent when the process does not use them. */
export interface Probes {
  database: Probe;
  queue?: Probe;
  redis?: Probe;
}
