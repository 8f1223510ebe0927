import { ConfigError } from '../src/errors.ts';
import { ApiClient } from '../tools/product/api-client.ts';
import { OwnServer } from './own-server.ts';
import { whatNext } from './pictures.ts';
import { foreignServer, type Server } from './server.ts';
import { paint, Terminal } from './terminal.ts';

/** What a story plays with. */
export interface Stage {
  api: ApiClient;
  terminal: Terminal;
  /** Ends every wait: at Ctrl-C, at the death of the server, when it takes too long. */
  signal: AbortSignal;
}

/**
 * Tells a story to a server that it starts, or to the one of `ownUrl`. However the story ends, what was started is
 * stopped and what was written is removed; the exit code says how it ended.
 */
export async function perform(story: (stage: Stage) => Promise<void>, ownUrl?: string): Promise<void> {
  const terminal = new Terminal(process.stdout);
  const ending = new AbortController();
  const { signal } = ending;
  const end = (reason: unknown) => ending.abort(reason);
  for (const name of SIGNALS) process.on(name, () => end(new Error(`Ended by ${name}.`)));
  process.stdout.on('error', end); // nobody reads any more
  const deadline = setTimeout(() => end(new Error('The story took too long.')), TIME_LIMIT_MS);

  let server: Server | null = null;
  try {
    const startedAt = performance.now();
    terminal.chapter('The product starts');
    server = ownUrl ? foreignServer(ownUrl) : new OwnServer(end);
    await terminal.waiting('server and database are coming up', server.ready(signal));
    for (const fact of [...server.facts, `Ready after ${secondsSince(startedAt)}`]) terminal.say(' ', fact);

    await story({ api: new ApiClient(server.url, { signal }), terminal, signal });

    terminal.chapter('The end');
    const outcome = await terminal.waiting('the server is stopping', server.stop());
    terminal.say(' ', `${outcome} All of it took ${secondsSince(startedAt)}.`);
    terminal.print('', '  What to try next:', '', ...whatNext());
  } catch (error) {
    process.exitCode = 1;
    terminal.settle({ keep: true });
    terminal.print('', ...problemsOf(signal.aborted ? signal.reason : error));
  } finally {
    clearTimeout(deadline);
    end(new Error('The story is over.'));
    await server?.stop().catch((error: unknown) => {
      process.exitCode = 1;
      terminal.print(...problemsOf(error));
    });
  }
}

/** Each with what has to be mended. */
function problemsOf(error: unknown): string[] {
  const problems = error instanceof ConfigError ? error.problems : [messageOf(error)];
  return problems.map((problem) => paint('red', `  ✘ ${problem}`));
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${messageOf(error.cause)}` : error.message;
}

const secondsSince = (time: number) => `${((performance.now() - time) / 1_000).toFixed(1)} s`;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A real model needs some minutes. */
const TIME_LIMIT_MS = 15 * 60_000;
