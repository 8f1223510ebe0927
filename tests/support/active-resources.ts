import type { ChildProcess } from 'node:child_process';
import type net from 'node:net';

/**
 * What keeps this process alive, by kind, such as `TCPSocketWrap` (a socket: of a database client, of a request),
 * `TCPServerWrap`, `ProcessWrap` (a child), `Timeout`. What was unref'd, as idle connections of `fetch` are, does not count.
 */
export function activeResources(): Resources {
  void [process.stdin, process.stdout, process.stderr]; // Node opens each at its first use
  return new Map(
    [...Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind)].map(([kind, { length }]) => [
      kind,
      length,
    ]),
  );
}

/** Waits until there is no more of any kind than before. Errors: what is still open when the time is up. */
export async function expectReleased(before: Resources, timeoutMs = 5_000): Promise<void> {
  for (let waitedMs = 0; leftBehind(before).length > 0; waitedMs += PAUSE_MS) {
    if (waitedMs >= timeoutMs)
      throw new Error(`left open: ${[...leftBehind(before), ...details()].join('; ')}`);
    await pause();
  }
}

function leftBehind(before: Resources): string[] {
  return [...activeResources()]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} × ${kind}`);
}

/** Which sockets, servers and processes there are, for the reader of the failure. */
function details(): string[] {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => object[] };
  return handles().map((handle) => {
    const { pid, spawnfile, localPort, remotePort } = handle as Partial<ChildProcess & net.Socket>;
    if (pid) return `${spawnfile} as process ${pid}`;
    return remotePort ? `a socket from port ${localPort} to ${remotePort}` : handle.constructor.name;
  });
}

const PAUSE_MS = 20;
/** The real one, whatever timers a test has put in its place. */
const { setTimeout } = globalThis;
const pause = () => new Promise<void>((resolve) => void setTimeout(resolve, PAUSE_MS).unref());

export type Resources = ReadonlyMap<string, number>;
