import { z } from 'zod';
import { storableText } from '../core/text/storable-text.ts';
import { characterCount } from '../core/text/characters.ts';
import { cleanText } from '../core/prompt-safety/clean-text.ts';
import { detectInjection } from '../core/prompt-safety/detect-injection.ts';
import { UnsafeInputError, ValidationError, type ValidationIssueCode } from '../errors.ts';
import {
  MAX_CONTEXT_DEPTH,
  MAX_CONTEXT_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_PROMPT_LENGTH,
} from './limits.ts';
import { type Notice, notice } from './notice.ts';

/** Parses an input with the schema of its operation. Errors: ValidationError with the path of each problem. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: boundMessage });
  if (parsed.success) return parsed.data;
  throw new ValidationError(
    parsed.error.issues.map((issue) => ({
      code: codeOf(issue),
      path: issue.path.map(String),
      message: issue.message,
    })),
  );
}

/** The message for a text or list of invalid length or a number out of range, unless its schema defines one. */
function boundMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'too_big') return atMost(issue.origin, issue.maximum);
  if (issue.code === 'too_small') return atLeast(issue.origin, issue.minimum);
  return undefined;
}

function atMost(origin: string, maximum: number | bigint): string {
  if (origin === 'array') return `must have at most ${maximum} items`;
  return `must be at most ${maximum}${origin === 'string' ? ' characters' : ''}`;
}

function atLeast(origin: string, minimum: number | bigint): string {
  if (origin === 'string' && minimum === 1) return 'must not be blank';
  if (origin === 'array') return `must have at least ${minimum} items`;
  return `must be at least ${minimum}${origin === 'string' ? ' characters' : ''}`;
}

/** A custom check has the code of its issue in `params`. Default: NOT_ALLOWED. */
export const NOT_BLANK = { message: 'must not be blank', params: { code: 'REQUIRED' } };
const STORABLE = {
  message: 'must not contain NUL or unpaired surrogates',
  params: { code: 'INVALID_FORMAT' },
  abort: true,
};

/**
 * A text of at most so many characters, as people count them: code points of its composed form (NFC).
 * `storedText.check(maxCharacters(100))`.
 */
export function maxCharacters(maximum: number) {
  return z.check<string>(({ value: input, issues }) => {
    if (characterCount(input) > maximum)
      issues.push({ code: 'too_big', origin: 'string', maximum, inclusive: true, input });
  });
}

/** Text that is stored unchanged. */
export const storedText = z.string().refine(isStorable, STORABLE);

/**
 * One line of text that people recognize something by: visible, and without characters that change the direction of the
 * text around it. `storedName(100)` has at most 100 characters.
 */
export function storedName(maxLength: number) {
  return storedText
    .normalize()
    .trim()
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    .regex(/^\P{Bidi_Control}*$/u, 'must not contain characters that change the direction of text')
    .refine(isVisible, NOT_BLANK);
}

/** The id of a row. An id that no row can have becomes an id that matches nothing. */
export const rowId = z.string().max(256).refine(isStorable).catch('');

/** A key that the caller chooses, so that a repeated request has only one effect. */
export const idempotencyKey = storedText.min(1).max(MAX_IDEMPOTENCY_KEY_LENGTH).nullish();

/** JSON context from the caller's application. Passed to the model as data, never as instructions. */
export const contextObject = z
  .unknown()
  .refine(
    (context) => !isDeeper(context, MAX_CONTEXT_DEPTH),
    `must be at most ${MAX_CONTEXT_DEPTH} levels deep`,
  )
  .pipe(
    z
      .record(z.string(), z.json())
      .refine((context) => characterCount(JSON.stringify(context)) <= MAX_CONTEXT_LENGTH, {
        message: `must be at most ${MAX_CONTEXT_LENGTH} characters as JSON`,
        params: { code: 'TOO_LONG' },
      })
      .refine(isStorable, STORABLE)
      .nullish(),
  )
  .optional();

/** Text that is sent to a model: not blank, and of limited length. */
export const promptText = z.string().check(maxCharacters(MAX_PROMPT_LENGTH)).refine(isVisible, NOT_BLANK);

/**
 * Cleans and checks a text for a model: removes control and invisible characters, and detects known attack patterns.
 * Returns a notice for each. Errors: UnsafeInputError for a severe finding.
 */
export function inspectText(original: string): InspectedText {
  const { severe, ...inspected } = inspect(original);
  if (severe.length > 0) throw new UnsafeInputError(severe);
  return inspected;
}

/** Cleans and checks a text that models read as data, never as a task: nothing in it is refused. */
export function inspectData(original: string): InspectedText {
  const { text, notices } = inspect(original);
  return { text, notices };
}

function inspect(original: string): InspectedText & { severe: string[] } {
  const { text, removed } = cleanText(original);
  const findings = detectInjection(text);
  return {
    text,
    notices: [
      ...removed.map((message) => notice('TEXT_CLEANED', message)),
      ...findings.map(({ description }) => notice('INJECTION_SUSPECTED', description)),
    ],
    severe: findings.filter(({ severity }) => severity === 'severe').map(({ description }) => description),
  };
}

/** Whether a text has visible characters. */
export function isVisible(text: string): boolean {
  return cleanText(text).text.trim() !== '';
}

function codeOf(issue: z.core.$ZodIssue): ValidationIssueCode {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input == null ? 'REQUIRED' : 'INVALID_FORMAT';
    case 'too_big':
      return isCounted(issue.origin) ? 'TOO_LONG' : 'OUT_OF_RANGE';
    case 'too_small':
      if (!isCounted(issue.origin)) return 'OUT_OF_RANGE';
      return issue.minimum === 1 ? 'REQUIRED' : 'TOO_SHORT';
    case 'not_multiple_of':
      return 'OUT_OF_RANGE';
    case 'invalid_value':
    case 'unrecognized_keys':
      return 'UNKNOWN_VALUE';
    case 'custom':
      return (issue.params?.['code'] as ValidationIssueCode | undefined) ?? 'NOT_ALLOWED';
    default:
      return 'INVALID_FORMAT';
  }
}

function isCounted(origin: string): boolean {
  return ['string', 'array', 'set', 'map', 'file'].includes(origin);
}

/** Whether the database can store a text, or all strings of a JSON value. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return storableText(value) === value;
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => isStorable(key) && isStorable(part));
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

export interface InspectedText {
  text: string;
  /** What was removed or is suspicious. */
  notices: Notice[];
}
