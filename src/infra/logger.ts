import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Creates a logger that writes one JSON object per line. Redacts fields named like a secret, up to two levels deep. */
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

/** Paths at the top level and below one or two keys, e.g. `req.headers.authorization`. */
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
