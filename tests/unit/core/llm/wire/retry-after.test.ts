import { describe, expect, it } from 'vitest';
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

  it.each([
    ['34s', 34_000],
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
});
