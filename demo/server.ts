import { setTimeout as sleep } from 'node:timers/promises';

/** The product, as far as the demo can see it from outside. */
export interface Server {
  /** Known once it is ready. */
  readonly url: string;
  /** What the audience should know about it, once it is ready. */
  readonly facts: readonly string[];
  ready(signal: AbortSignal): Promise<void>;
  /** Gives what it has come to. */
  stop(): Promise<string>;
}

/** A server of somebody else: neither started nor stopped here. */
export function foreignServer(url: string): Server {
  return {
    url,
    facts: [`A server that runs already: ${url}`, 'It chooses the model, and its plan must allow a run.'],
    async ready(signal) {
      if (!(await isReady(url, signal))) throw new Error(`${url} does not say it is ready.`);
    },
    stop: () => Promise.resolve('The server goes on.'),
  };
}

/** Asks until the answer is yes or the time is over. */
async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  while (!patience.aborted) {
    const response = await fetch(new URL('/ready', url), { signal: patience }).catch(() => null);
    if (response?.ok) return true;
    await sleep(50);
  }
  signal.throwIfAborted();
  return false;
}

const READY_TIMEOUT_MS = 5_000;
