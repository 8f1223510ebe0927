import { Pool } from 'undici';
import { monotonicMs } from './monotonic-clock.ts';
import { percentile } from '../../tools/statistics.ts';

/** Keeps `connections` connections busy with one request for `durationMs`, each asking again once it is answered. */
export async function loadWith(request: LoadRequest, connections: number, durationMs: number): Promise<Load> {
  await using pool = disposable(new Pool(new URL(request.url).origin, { connections }));
  const startedAt = monotonicMs();
  const latencies: number[] = [];
  const lanes = Array.from({ length: connections }, async () => {
    while (monotonicMs() - startedAt < durationMs) {
      const sentAt = monotonicMs();
      await ask(pool.pool, request);
      latencies.push(monotonicMs() - sentAt);
    }
  });
  await Promise.all(lanes);
  const seconds = (monotonicMs() - startedAt) / 1_000;
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  };
}

/** One answer, read as JSON. */
export async function askOnce(request: LoadRequest): Promise<unknown> {
  const { url, ...init } = request;
  return (await fetch(url, { method: 'POST', ...init })).json();
}

async function ask(pool: Pool, { url, headers, body }: LoadRequest): Promise<void> {
  const answer = await pool.request({ path: new URL(url).pathname, method: 'POST', headers, body });
  await answer.body.dump({ limit: MAX_ANSWER_BYTES });
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
}

function disposable(pool: Pool) {
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}

const MAX_ANSWER_BYTES = 10_000_000;

export interface LoadRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Load {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}
