import { describe, expect, it } from 'vitest';
import { problemIn } from '../../../../../src/core/llm/keys/key-problem.ts';
import { errorFromResponse } from '../../../../../src/core/llm/wire/provider-error.ts';

/** A free model, eight hours before its quota is renewed. */
const RATE_LIMIT_OF_OPENROUTER = {
  message:
    'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
  code: 429,
  metadata: { headers: { 'X-RateLimit-Limit': '50', 'X-RateLimit-Reset': String(Date.now() + 28_800_000) } },
};

function behindGateway(error: object) {
  return { message: 'Provider returned error', code: 429, metadata: { raw: JSON.stringify({ error }) } };
}

const ASKED = { provider: 'Acme', apiKey: 'sk-canary' };

describe('errorFromResponse', () => {
  it.each([
    [
      "Google's answer to a wrong key",
      400,
      { error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } },
      'AUTH',
    ],
    [
      "OpenAI's answer for an empty account",
      429,
      { error: { code: 'insufficient_quota', type: 'insufficient_quota' } },
      'AUTH',
    ],
    ["Azure's answer to refused content", 400, { error: { code: 'content_filter' } }, 'REFUSED'],
    ['an error that is only a text', 400, { error: 'model not loaded' }, 'BAD_REQUEST'],
    ['a body of another shape', 422, ['?'], 'BAD_REQUEST'],
  ])('recognizes %s', async (_what, status, body, code) => {
    const error = await errorFromResponse(Response.json(body, { status }), ASKED);
    expect(error.code).toBe(code);
  });

  it.each([
    [
      400,
      { type: 'invalid_request_error', message: 'Your credit balance is too low' },
      'NO_CREDIT',
      /no credit or quota/,
    ],
    [
      429,
      { code: 'insufficient_quota', message: 'You exceeded your current quota' },
      'NO_CREDIT',
      /no credit or quota/,
    ],
    [402, { message: 'Insufficient Balance' }, 'NO_CREDIT', /no credit or quota/],
    [400, { status: 'INVALID_ARGUMENT', message: 'API key not valid.' }, 'WRONG_KEY', /rejected the key/],
    [401, { message: 'no' }, 'WRONG_KEY', /rejected the key/],
    [
      400,
      { status: 'FAILED_PRECONDITION', message: 'User location is not supported.' },
      'BLOCKED_REGION',
      /region/,
    ],
    [403, { code: 'unsupported_country_region_territory' }, 'BLOCKED_REGION', /region/],
    [403, { details: [{ reason: 'API_KEY_SERVICE_BLOCKED' }] }, 'NOT_ALLOWED', /permissions/],
    [403, { message: 'no' }, 'NOT_ALLOWED', /permissions/],
  ])(
    'tells what is wrong with a key, as the check of a key does: %i %j',
    async (status, error, problem, advice) => {
      const failure = await errorFromResponse(Response.json({ error }, { status }), ASKED);
      expect(failure).toMatchObject({ code: 'AUTH', retryable: false });
      expect(failure.message).toMatch(advice);
      expect(problemIn(JSON.stringify({ error }), status)).toBe(problem);
    },
  );

  it('takes a limit of Google that is soon over for no empty account', async () => {
    const error = {
      status: 'RESOURCE_EXHAUSTED',
      message: 'You exceeded your current quota, please check your plan',
    };
    const failure = await errorFromResponse(Response.json({ error }, { status: 429 }), ASKED);
    expect(failure).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
    expect(problemIn(JSON.stringify({ error }), 429)).toBe('BUSY');
  });

  it.each([
    ['an emoji at the cut', `${'x'.repeat(299)}😀`],
    ['NUL', 'no \0 please'],
    ['half of a surrogate pair', 'a \ud83d b'],
  ])('gives a message that any database stores, for one with %s', async (_what, message) => {
    const { message: shown } = await errorFromResponse(
      Response.json({ error: { message } }, { status: 400 }),
      ASKED,
    );
    expect(shown.isWellFormed()).toBe(true);
    expect(shown).not.toContain('\0');
  });

  it.each([
    [429, '60', 'RATE_LIMITED', true],
    [429, '61', 'RATE_LIMITED', false],
    [429, '3600', 'RATE_LIMITED', false],
    [503, '120', 'UNAVAILABLE', false],
  ])(
    'of status %i with Retry-After: %s is %s, and worth a retry: %s',
    async (status, wait, code, retryable) => {
      const response = Response.json({}, { status, headers: { 'retry-after': wait } });
      const error = await errorFromResponse(response, ASKED);
      expect(error).toMatchObject({ code, status, retryable, retryAfterMs: Number(wait) * 1_000 });
      const minutes = `It asks to wait ${Math.ceil(Number(wait) / 60)} minutes.`;
      expect(error.message.includes(minutes)).toBe(!retryable);
    },
  );

  it('names no wait that nobody means', async () => {
    const headers = { 'retry-after': `1${'0'.repeat(23)}` };
    const error = await errorFromResponse(Response.json({}, { status: 429, headers }), ASKED);
    expect(error.message).toContain('It asks to wait 44640 minutes.');
  });

  it('knows a quota of a day by its words, and the reset that a gateway passes on', async () => {
    const message = 'Rate limit exceeded: free-models-per-day. Add 10 credits';
    const headers = { 'X-RateLimit-Reset': String(Date.now() + 3_600_000) };
    const body = { error: { message, code: 429, metadata: { headers } } };
    const error = await errorFromResponse(Response.json(body, { status: 429 }), ASKED);
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: false });
    expect(error.message).toContain('the quota of the day is used up');
    expect(error.retryAfterMs).toBeGreaterThan(3_500_000);
  });

  it.each([
    [429, RATE_LIMIT_OF_OPENROUTER, /quota of the day.*minutes.*free-models-per-day/],
    [429, behindGateway({ details: [{ violations: [{ quotaId: 'RequestsPerDay' }] }] }), /quota of the day/],
    [429, { message: 'Limit reached on tokens per day (TPD): try again in 15m' }, /quota of the day/],
    [
      400,
      { type: 'budget_exceeded', message: 'Budget has been exceeded!', code: '400' },
      /no credit or quota left/,
    ],
    [400, { message: 'Your credit balance is too low' }, /no credit or quota left/],
    [402, {}, /no credit or quota left/],
    [403, { message: 'Your chosen model requires moderation and your input was flagged' }, /Rephrase/],
  ])('of status %i and %j is asked once: %s', async (status, error, words) => {
    const failure = await errorFromResponse(Response.json({ error }, { status }), ASKED);
    expect(failure).toMatchObject({ retryable: false, message: expect.stringMatching(words) as string });
  });

  it('behind a gateway has the wait of its own provider', async () => {
    const error = behindGateway({ details: [{ retryDelay: '7s' }] });
    const failure = await errorFromResponse(Response.json({ error }, { status: 429 }), ASKED);
    expect(failure).toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 7_000 });
  });

  it('reads a body only up to a limit', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(120));
      },
    });
    const error = await errorFromResponse(new Response(endless, { status: 500 }), ASKED);
    expect(error.code).toBe('UNAVAILABLE');
    expect(sent).toBeLessThan(200_000);
  });

  it('quotes the provider’s message only up to a limit', async () => {
    const body = { error: { message: 'sk-canary '.repeat(1_000) } };
    const { message } = await errorFromResponse(Response.json(body, { status: 400 }), ASKED);
    expect(message.length).toBeLessThan(600);
    expect(message).not.toContain('sk-canary');
  });
});
