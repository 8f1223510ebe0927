import { ServerProcess, type ServerOptions } from '../../tools/product/server-process.ts';
import { monotonicMs } from './monotonic-clock.ts';

/** Starts a server and waits for its first answer that it is ready. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  await using starting = new AsyncDisposableStack();
  const startedAt = monotonicMs();
  const server = starting.use(new ServerProcess(options));
  const { port } = (await server.ready())!;
  const url = `http://127.0.0.1:${port}`;
  const answer = await fetch(`${url}/ready`);
  const readyAfterMs = monotonicMs() - startedAt;
  if (!answer.ok) throw new Error(`${url}/ready answers ${answer.status}.${server.endOfOutput()}`);
  const started = starting.move();
  const stop = () => started.disposeAsync();
  return { url, pid: server.pid, readyAfterMs, stop, [Symbol.asyncDispose]: stop };
}

export interface RunningServer extends AsyncDisposable {
  url: string;
  pid: number;
  /** From the start of the process to its first answer that it is ready. */
  readyAfterMs: number;
  stop(): Promise<void>;
}
