import { field, listField, parseJson, textField } from './field.ts';
import { statusIn } from './provider-error.ts';

/** Whether an event says by itself that the answer failed. */
export function isErrorReport(body: unknown): boolean {
  return (
    textField(body, 'type') === 'error' ||
    textField(body, 'object') === 'error' ||
    places(body).some((place) => says(field(place, 'error'))) ||
    listField(body, 'errors').length > 0 ||
    (isForeign(body) && hasFailed(body))
  );
}

/** The error may stand in the event, in its first choice, or in the response that it is about. */
export function reportIn(body: unknown): unknown {
  return places(body).find((place) => says(field(place, 'error'))) ?? body;
}

/**
 * A message outside every protocol. It is an error if the stream ends without an end of the answer; else it may be a
 * note about progress.
 */
export function isForeign(body: unknown): boolean {
  if (PROTOCOL_FIELDS.some((name) => field(body, name) !== undefined)) return false;
  return hasWords(body) || Boolean(field(body, 'detail')) || field(body, 'success') === false;
}

/** The report in lines that are no fields of an event: JSON, an `error:` field, or words. Undefined: none. */
export function reportInLines(lines: string): unknown {
  const whole = parseJson(lines);
  if (whole !== undefined) return reportIn(whole);
  for (const line of lines.split('\n')) {
    const [, value] = ERROR_FIELD.exec(line) ?? [];
    if (value !== undefined) return reportIn(parseJson(value) ?? value);
    const body = parseJson(line);
    if (typeof body === 'object' && body !== null) return reportIn(body);
  }
  return lines.split('\n').find((line) => /\S\s+\S/.test(line) && !FIELD.test(line));
}

function places(body: unknown): unknown[] {
  return [body, listField(body, 'choices')[0], field(body, 'response')];
}

/** Some servers send an empty error beside every text. */
function says(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return Boolean(error);
  return Object.values(error).some(Boolean);
}

function hasWords(body: unknown): boolean {
  return ['message', 'msg', 'error_description'].some((name) => textField(body, name) !== undefined);
}

function hasFailed(body: unknown): boolean {
  if (field(body, 'success') === true) return false;
  return field(body, 'success') === false || statusIn(body) !== undefined;
}

/** One of them is in every event of a protocol that may hold a part of the answer; those of most events first. */
const PROTOCOL_FIELDS = [
  'delta',
  'choices',
  'candidates',
  'content',
  'content_block',
  'item',
  'part',
  'response',
  'text',
  'output',
  'usage',
  'usageMetadata',
  'promptFeedback',
];

const ERROR_FIELD = /^\s*error\s*:\s*(.+)$/i;
const FIELD = /^[\w-]+:/;
