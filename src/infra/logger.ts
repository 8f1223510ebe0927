import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

export type { Logger };

/**
 * Creates a logger that writes one JSON object per line, so that line breaks in a value start no line of their own.
 * Replaces fields that are named like a secret, at every depth and in every spelling.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: undefined,
      formatters: {
        log: ({ err, ...fields }) => ({ ...redactFields(fields, 0), ...(err !== undefined && { err }) }),
      },
      serializers: { err: (error: Error) => redact(stdSerializers.err(error), 0) },
    },
    destination,
  );
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecret(name, value) ? CENSORED : redact(value, depth),
    ]),
  );
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return value; // a date or the like
  if (depth === MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactFields(value, depth + 1);
}

function isSecret(name: string, value: unknown): boolean {
  return value !== null && value !== undefined && SECRET.test(name.replaceAll(/[-_]/g, ''));
}

/** Ends of names, without `-` and `_`: `X-API-Key`, `refreshToken`, `set-cookie` and `JWT_SECRET_KEY` are found too. */
const SECRET =
  /(authorization|cookie|password|passwordhash|token|tokenhash|secret|secretkey|apikey|encryptionkey|connectionparams|ticket)$/i;

const CENSORED = '[redacted]';
/** Ends circular values too. */
const MAX_DEPTH = 10;
