import { createApp } from './app.ts';
import { readConfig } from './config/config.ts';
import { ConfigError } from './errors.ts';
import { createLogger } from './infra/logger.ts';

/** Starts the application, and shuts it down gracefully on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  // Logs unhandled rejections, which would otherwise end the process.
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'unhandled promise rejection'));
  const stopped = firstSignal(); // registered before the start, so that a signal during the start also shuts down gracefully

  const app = await createApp(config, { logger });
  try {
    const address = await app.listen();
    logger.info({ role: config.role, ...address, provider: config.defaultProvider }, 'AgentForge is ready');
    const isTerminal = process.stdout.isTTY;
    if (isTerminal && address && config.isSchemaPublic)
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

/** The lines to print for an error: problems that the operator can fix without a stack, other errors with it. */
function problemsIn(error: unknown): readonly unknown[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return [`${error.message}. Stop the process that uses this port, or set PORT to another one.`];
  }
  if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') {
    return [`The database cannot be reached: ${error.message}. Start it, or check DATABASE_URL.`];
  }
  return [error instanceof Error ? error.stack : error];
}

const CLOSE_TIMEOUT_MS = 20_000;

try {
  await main();
  process.exit(); // all work is done, even if a handle is still open
} catch (error) {
  for (const problem of problemsIn(error)) console.error(problem);
  process.exit(1);
}
