/**
 * Parsers for single settings. Messages follow the name of the setting and never contain its value, which may be a
 * secret.
 */
import { z } from 'zod';
import { redundantEnd } from '../core/llm/providers/base-url.ts';

export const text = z.string().optional();

export const flag = z.stringbool({ error: 'must be true or false' }).optional();

export const emailAddress = z.email('must be an e-mail address').optional();

/** A sender of mails: an address, with or without a name. */
export const mailbox = z
  .string()
  .regex(
    /^([^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/,
    'must be an address such as AgentForge <no-reply@example.com>',
  )
  .optional();

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` });
}

export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((number) => number >= min && number <= max, `must be from ${min} to ${max}`);
}

/** An amount in US dollars, with at most six digits after the point. */
export const usDollars = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'must be an amount in US dollars such as 50 or 12.50')
  .optional();

/** The exact amount of `usDollars` in micro-dollars. */
export function microsOf(dollars: string): bigint {
  const [whole = '', fraction = ''] = dollars.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

export function url(protocols: readonly string[], example: string) {
  const expected = `must be a URL such as ${example}`;
  return z
    .string({ error: expected })
    .refine((value) => protocols.includes(URL.parse(value)?.protocol ?? ''), expected);
}

/** A web URL; trailing slashes are removed. */
export const webUrl = url(['http:', 'https:'], 'https://host/path')
  .transform((value) => value.replace(/\/+$/, ''))
  .optional();

/**
 * The base URL of a provider's API, with or without a version as `example`. Credentials in it would show in errors; a
 * query would stand before the path.
 */
export function apiUrl(example: string) {
  return url(['http:', 'https:'], example)
    .refine((value) => {
      const parsed = URL.parse(value);
      return !parsed?.username && !parsed?.password;
    }, 'must not contain a user or a password: they belong into the key')
    .refine((value) => !/[?#]/.test(value), 'must not contain a query or a fragment')
    .transform((value) => value.replace(/\/+$/, ''))
    .superRefine((value, ctx) => {
      const end = redundantEnd(value, example);
      if (end) ctx.addIssue({ code: 'custom', message: `must end before ${end}, which is added to it` });
    });
}

export const origins = list(
  (value) => URL.parse(value)?.origin === value,
  'must list origins such as https://app.example.com, separated by commas or as a JSON array',
);

/** A list of texts that satisfy `isValid`, separated by commas or as a JSON array. */
export function list(isValid: (value: string) => boolean, message: string) {
  return z
    .string()
    .transform((value) =>
      value.trim().startsWith('[') ? parseJson(value) : value.split(',').map((part) => part.trim()),
    )
    .refine(
      (values): values is string[] =>
        Array.isArray(values) && values.every((value) => typeof value === 'string' && isValid(value)),
      message,
    )
    .optional();
}

/** A JSON array of entries. */
export function jsonArray<Entry extends z.ZodType>(entry: Entry) {
  return z
    .string()
    .transform(parseJson)
    .pipe(z.array(entry, { error: 'must be a JSON array' }));
}

/** An object without other fields. */
export function entryOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has unknown fields: ${issue.keys.join(', ')}`
        : 'must be an object',
  });
}

export function isDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** The raw settings: those that are set and not empty. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The parsed settings of a section. */
export type Parsed<Settings extends z.ZodRawShape> = z.output<z.ZodObject<Settings>>;
