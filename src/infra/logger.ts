import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Structured logs, one JSON object a line. Whatever is named like a secret is left out, two levels deep. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino({ level, base: undefined, redact: { paths: SECRET_PATHS, censor: '[redacted]' } }, destination);
}

const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'cookie',
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'secretKey',
  'apiKey',
  'connectionParams',
];

/** At the top, and below one and two keys: `req.headers.authorization`. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
