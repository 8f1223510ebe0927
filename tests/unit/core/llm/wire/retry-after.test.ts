import { describe, expect, it, vi } from 'vitest';
import { isDailyQuota, retryAfterMs } from '../../../../../src/core/llm/wire/retry-after.ts';

describe('retryAfterMs', () => {
  it.each([
    ['seconds', { 'retry-after': '2' }, 2_000],
    ['decimal seconds', { 'retry-after': '1.5' }, 1_500],
    ['less than a second', { 'retry-after': '0.5' }, 500],
    ['blanks around', { 'retry-after': ' 3 ' }, 3_000],
    ['an hour', { 'retry-after': '3600' }, 3_600_000],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1_500],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1_500],
    ['unreadable milliseconds beside seconds', { 'retry-after-ms': 'x', 'retry-after': '2' }, 2_000],
    ['a date in the past', { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 0],
    ['an old form of a date', { 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 0],
    ['a duration', { 'retry-after': '5s' }, 5_000],
    ['a longer duration', { 'retry-after': '1m30s' }, 90_000],
    ['a duration in milliseconds', { 'retry-after': '250ms' }, 250],
    ['more than a month', { 'retry-after': '1' + '0'.repeat(23) }, 31 * 86_400_000],
    ['a negative number', { 'retry-after': '-1' }, undefined],
    ['an exponent', { 'retry-after': '1e3' }, undefined],
    ['a year', { 'retry-after': '12:30' }, undefined],
    ['a word', { 'retry-after': 'soon' }, undefined],
    ['no header', {}, undefined],
  ])('reads %s', (_what, headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), {})).toBe(expected);
  });

  it('reads a date as the time until it', () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    const delayMs = retryAfterMs(new Headers({ 'retry-after': date }), {});
    expect(delayMs).toBeGreaterThan(20_000);
    expect(delayMs).toBeLessThanOrEqual(30_000);
  });

  it.each(['asctime', 'a date'])('reads %s without a zone as GMT, wherever the server stands', (form) => {
    vi.stubEnv('TZ', 'Asia/Seoul');
    const [day, date, month, year, time] = new Date(Date.now() + 30_000).toUTCString().split(/,? /);
    const text =
      form === 'asctime'
        ? `${day} ${month} ${date} ${time} ${year}`
        : `${day}, ${date} ${month} ${year} ${time}`;
    const delayMs = retryAfterMs(new Headers({ 'retry-after': text }), {});
    vi.unstubAllEnvs();
    expect(delayMs).toBeGreaterThan(20_000);
    expect(delayMs).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ['Rate limit reached on requests per minute (RPM). Please try again in 7m12s.', 432_000],
    ['Please retry in 34.5s.', 34_500],
    ['Please try again in 20ms.', 20],
    ['Please try again in a minute.', undefined],
  ])('reads the words %j', (message, expected) => {
    expect(retryAfterMs(undefined, { message })).toBe(expected);
  });

  it('reads the reset that OpenRouter passes on', () => {
    const headers = { 'X-RateLimit-Reset': String(Date.now() + 30_000) };
    const delayMs = retryAfterMs(undefined, { metadata: { headers } });
    expect(delayMs).toBeGreaterThan(20_000);
    expect(delayMs).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ['34s', 34_000],
    [{ seconds: 34, nanos: 500_000_000 }, 34_500],
    [{ seconds: '34' }, 34_000],
    [{}, undefined],
    ['34.074824224s', 34_075],
    ['0s', 0],
    ['90s', 90_000],
    ['soon', undefined],
  ])('reads Google’s RetryInfo %s', (retryDelay, expected) => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.Help' }, { retryDelay }];
    expect(retryAfterMs(undefined, { details })).toBe(expected);
  });
});

describe('isDailyQuota', () => {
  it.each([
    [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] }, true],
    [{ violations: [{ quotaId: 'GenerateRequestsPerMinute' }, { quotaId: 'InputTokensPerDay' }] }, true],
    [{ metadata: { quota_limit: 'RequestsPerDayPerProject' } }, true],
    [{ violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }] }, false],
    [{ reason: 'RATE_LIMIT_EXCEEDED' }, false],
    [null, false],
  ])('of %j is %s', (detail, expected) => {
    expect(isDailyQuota({ details: [detail] })).toBe(expected);
  });

  it.each([
    ['Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests', true],
    ['Rate limit reached on requests per day (RPD): Limit 1000. Please try again in 7m12s.', true],
    ['Rate limit reached on requests per minute (RPM): Limit 3. Please try again in 20s.', false],
  ])('of the words %j is %s', (message, expected) => {
    expect(isDailyQuota({ message })).toBe(expected);
  });
});
