import type { ChildProcess } from 'node:child_process';
import type net from 'node:net';

/**
 * The resources that keep this process alive, by kind, such as `TCPSocketWrap` (a socket of a database client or a
 * request), `TCPServerWrap`, `ProcessWrap` (a child), `Timeout`. Excludes unref'd ones, e.g. idle connections of `fetch`.
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

/** Waits until there are no more resources of any kind than before. Errors: the resources still open at the deadline. */
export async function expectReleased(before: Resources, timeoutMs = 5_000): Promise<void> {
  for (let waitedMs = 0; leftBehind(before).length > 0; waitedMs += PAUSE_MS) {
    if (waitedMs >= timeoutMs)
      throw new Error(`left open: ${[...leftBehind(before), ...details()].join('; ')}`);
    await pause();
  }
}

/**
 * For the end of a test file: waits until the process has no more resources than at its start, or than an earlier file
 * has already been failed for. What is open between two files is no measure: the runner's own timers are among it.
 */
export async function expectNothingLeft(timeoutMs?: number): Promise<void> {
  try {
    await expectReleased(accepted, timeoutMs);
  } catch (error) {
    accepted = activeResources();
    throw error;
  }
}

function leftBehind(before: Resources): string[] {
  return [...activeResources()]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} × ${NAMES[kind] ?? kind}`);
}

/** A timer has no handle to describe: say what it is. */
const NAMES: Readonly<Record<string, string>> = {
  Timeout: 'Timeout (a timer that is neither cleared nor unref’d)',
};

/** Describes the open sockets, servers and processes for the failure message. */
function details(): string[] {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => object[] };
  return handles().map((handle) => {
    const { pid, spawnfile, localPort, remotePort } = handle as Partial<ChildProcess & net.Socket>;
    if (pid) return `${spawnfile} as process ${pid}`;
    return remotePort ? `a socket from port ${localPort} to ${remotePort}` : handle.constructor.name;
  });
}

const PAUSE_MS = 20;
/** The real timer, even if a test uses fake timers. */
const { setTimeout } = globalThis;
const pause = () => new Promise<void>((resolve) => void setTimeout(resolve, PAUSE_MS).unref());

/** Of this process: files that share it share this module. */
let accepted = activeResources();

export type Resources = ReadonlyMap<string, number>;
