import { field, listField, textField } from './field.ts';

/**
 * The delay that the provider asks for, in milliseconds, at most a month: `retry-after-ms`, else `Retry-After`
 * (seconds, a duration or an HTTP date), else what the body tells: Google's RetryInfo, the headers that a gateway passes
 * on, or the words `try again in 7m12s`. Anything else counts as absent.
 */
export function retryAfterMs(headers: Headers | undefined, error: unknown): number | undefined {
  const delayMs =
    milliseconds(headers?.get('retry-after-ms'), 1) ??
    milliseconds(headers?.get('retry-after'), 1_000) ??
    untilDate(headers?.get('retry-after')) ??
    retryInfo(error) ??
    untilReset(error) ??
    milliseconds(IN_WORDS.exec(textField(error, 'message') ?? '')?.[1], 1_000);
  return delayMs === undefined ? undefined : Math.min(Math.max(Math.ceil(delayMs), 0), LONGEST_MS);
}

/** A quota of a day, which no delay of a retry can await: by Google's QuotaFailure or ErrorInfo, or in words. */
export function isDailyQuota(error: unknown): boolean {
  const ids = listField(error, 'details').flatMap((detail) => {
    const metadata = field(detail, 'metadata');
    return [
      ...listField(detail, 'violations').map((violation) => textField(violation, 'quotaId')),
      textField(metadata, 'quota_limit'),
      textField(metadata, 'quotaLimit'),
    ];
  });
  return [...ids, textField(error, 'message')].some((words) => words !== undefined && DAILY.test(words));
}

/** A number of a unit, or a duration as `1m30s`, `34.5s` or `500ms`. */
function milliseconds(text: string | null | undefined, unitMs: number): number | undefined {
  const words = text?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(words)) return Number(words) * unitMs;
  const counts = DURATION.exec(words)?.slice(1);
  if (words === '' || !counts) return undefined;
  return UNITS_MS.reduce((sum, ms, n) => sum + Number(counts[n] ?? 0) * ms, 0);
}

/**
 * Every form of an HTTP date starts with a day of the week. `Date.parse` alone also reads `-1` as a date. One without a
 * zone, e.g. that of `asctime`, means GMT.
 */
function untilDate(text: string | null | undefined): number | undefined {
  const date = text?.trim() ?? '';
  if (!/^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(date)) return undefined;
  const time = Date.parse(/\d{2}:\d{2}:\d{2}(?: \d{4})?$/.test(date) ? `${date} GMT` : date);
  return Number.isNaN(time) ? undefined : time - Date.now();
}

/** A duration of protobuf: `34.5s`, or its fields. */
function retryInfo(error: unknown): number | undefined {
  for (const detail of listField(error, 'details')) {
    const delay = field(detail, 'retryDelay');
    if (typeof delay === 'string') return delay.trim().endsWith('s') ? milliseconds(delay, 1) : undefined;
    const [seconds, nanos] = ['seconds', 'nanos'].map((name) => Number(field(delay, name) ?? 0));
    const delayMs = seconds! * 1_000 + nanos! / 1_000_000;
    if (delayMs > 0) return delayMs;
  }
  return undefined;
}

/** OpenRouter's `X-RateLimit-Reset`, in milliseconds since 1970. */
function untilReset(error: unknown): number | undefined {
  const headers = field(field(error, 'metadata'), 'headers');
  const time = Number(field(headers, 'X-RateLimit-Reset'));
  return time > MILLISECONDS_OF_2001 ? time - Date.now() : undefined;
}

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1];
const IN_WORDS = /(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)/i;
const DAILY = /per[-_ ]?day|daily/i;
const LONGEST_MS = 31 * 86_400_000;
const MILLISECONDS_OF_2001 = 1e12;
