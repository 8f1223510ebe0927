import { createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { ConfigError } from './errors.ts';
import { createLogger } from './infra/logger.ts';

/** The process: config, app, listen, and a close that finishes what it must on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  // The last resort: no forgotten rejection may end the process or stay unseen.
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'unhandled promise rejection'));
  const stopped = firstSignal(); // from here on a signal closes, also while things are still starting

  const app = await createApp(config, { logger });
  try {
    const address = await app.listen();
    logger.info({ role: config.role, ...address, provider: config.defaultProvider }, 'AgentForge is ready');
    const isWatched = process.stdout.isTTY; // by a person at a terminal
    if (isWatched && address && config.isSchemaPublic)
      console.log(`GraphiQL: http://localhost:${address.port}/graphql`);
    logger.info({ signal: await stopped }, 'shutting down; handing over work in progress');
  } finally {
    const deadline = setTimeout(() => {
      logger.error('shutdown timed out; exiting');
      process.exit(1);
    }, CLOSE_TIMEOUT_MS);
    await app.close();
    clearTimeout(deadline);
  }
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

/** What the operator must mend is said in plain lines; a fault of ours keeps its stack. */
function problemsIn(error: unknown): readonly unknown[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return [`${error.message}. Stop what listens there, or set PORT to another port.`];
  }
  if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') {
    return [`The database cannot be reached: ${error.message}. Start it, or check DATABASE_URL.`];
  }
  return [error instanceof Error ? error.stack : error];
}

const CLOSE_TIMEOUT_MS = 20_000;

try {
  await main();
  process.exit(); // whatever still lingers, all work is done
} catch (error) {
  for (const problem of problemsIn(error)) console.error(problem);
  process.exit(1);
}
