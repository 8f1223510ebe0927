import { field, listField, textField } from './field.ts';

/**
 * The delay that the provider asks for, in milliseconds: `retry-after-ms`, else `Retry-After`
 * (seconds or an HTTP date), else Google's RetryInfo in the body. Anything else counts as absent.
 */
export function retryAfterMs(headers: Headers | undefined, error: unknown): number | undefined {
  const delayMs =
    milliseconds(headers?.get('retry-after-ms'), 1) ??
    milliseconds(headers?.get('retry-after'), 1_000) ??
    untilDate(headers?.get('retry-after')) ??
    retryInfo(error);
  return delayMs === undefined ? undefined : Math.max(Math.ceil(delayMs), 0);
}

/** Google's QuotaFailure or ErrorInfo about a quota of a day, which no delay of a retry can await. */
export function isDailyQuota(error: unknown): boolean {
  return listField(error, 'details').some((detail) => {
    const metadata = field(detail, 'metadata');
    const ids = [
      ...listField(detail, 'violations').map((violation) => textField(violation, 'quotaId')),
      textField(metadata, 'quota_limit'),
      textField(metadata, 'quotaLimit'),
    ];
    return ids.some((id) => id !== undefined && DAILY.test(id));
  });
}

function milliseconds(text: string | null | undefined, unitMs: number): number | undefined {
  const number = text?.trim() ?? '';
  return /^\d+(?:\.\d+)?$/.test(number) ? Number(number) * unitMs : undefined;
}

/** Every form of an HTTP date starts with a day of the week. `Date.parse` alone also reads `-1` as a date. */
function untilDate(text: string | null | undefined): number | undefined {
  const date = text?.trim() ?? '';
  const time = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? undefined : time - Date.now();
}

/** A duration of protobuf in JSON: `34.5s`. */
function retryInfo(error: unknown): number | undefined {
  for (const detail of listField(error, 'details')) {
    const delay = textField(detail, 'retryDelay')?.trim();
    if (delay?.endsWith('s')) return milliseconds(delay.slice(0, -1), 1_000);
  }
  return undefined;
}

const DAILY = /per[-_ ]?day|daily/i;
