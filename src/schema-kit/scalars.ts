import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  description: 'A date and time in UTC in RFC 3339 format, e.g. `2026-11-20T14:05:00.000Z`.',
  serialize: (moment) => moment.toISOString(),
  parseValue: (value) => parseDateTime(value),
});

builder.scalarType('Date', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  description: 'A calendar day in UTC in the format `YYYY-MM-DD`.',
  serialize: (day) => day.toISOString().slice(0, 10),
  parseValue: (value) => parseDate(value),
});

builder.scalarType('Decimal', {
  description:
    'An exact decimal number as a string, with at most 6 decimal places, e.g. `"0.001275"`. All amounts of money are in US dollars.',
  serialize: (micros) => formatMicros(micros),
  parseValue: (value) => parseMicros(value),
});

builder.scalarType('JSONObject', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
  description: 'A JSON object with any content.',
  serialize: (object) => object,
  parseValue: (value) => parseObject(value),
});

/** Formats micro-dollars as dollars, exactly: 1275n is "0.001275", 1500000n is "1.5". */
export function formatMicros(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  const places = digits.slice(-6).replace(/0+$/, '');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}${places && `.${places}`}`;
}

/** The inverse of `formatMicros`. Errors: GraphQLError when the value has another type or format. */
export function parseMicros(value: unknown): bigint {
  const [, sign, whole, places = ''] = (typeof value === 'string' && DECIMAL.exec(value)) || [];
  if (whole === undefined) {
    throw invalid(
      'a Decimal must be a string with at most 12 digits before the point and 6 after it, e.g. "0.25"',
    );
  }
  return BigInt(`${sign}${whole}${places.padEnd(6, '0')}`);
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
const DATE = /^\d{4}-\d\d-\d\d$/;

function parseDateTime(value: unknown): Date {
  const moment = new Date(typeof value === 'string' && DATE_TIME.test(value) ? value : Number.NaN);
  if (Number.isNaN(moment.getTime()))
    throw invalid('a DateTime must be a string such as "2026-11-20T14:05:00Z"');
  return moment;
}

function parseDate(value: unknown): Date {
  const day = new Date(typeof value === 'string' && DATE.test(value) ? `${value}T00:00:00Z` : Number.NaN);
  // Date may roll an invalid day over into the next month: 2026-02-30 becomes 2026-03-02.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== value) {
    throw invalid('a Date must be a string such as "2026-11-20"');
  }
  return day;
}

function parseObject(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid('a JSONObject must be an object');
  return value as Record<string, unknown>;
}

function invalid(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
