import { describe, expect, it } from 'vitest';
import { testApp, testClock } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { readEvents } from '../support/sse.ts';

const QUIET = 'subscription { approvalEvents(after: 0) { __typename } }';

describe('GraphQL over SSE', () => {
  const clock = testClock();
  const app = testApp({ config: { role: 'api' }, clock: clock.now });

  function subscribe(token: string, signal?: AbortSignal): Promise<Response> {
    return fetch(app.url(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: QUIET }),
      signal,
    });
  }

  it('streams in a form that proxies do not buffer', async () => {
    const { token } = await app.register();
    const leave = new AbortController();
    const { status, headers } = await subscribe(token, leave.signal);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-cache, no-store, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    leave.abort();
  });

  it('sends events, and the answer to a query, as `next` and then `complete`', async () => {
    const { token, session } = await app.register();
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: '{ viewer { id } }' }),
    });
    const events = await Array.fromAsync(readEvents(response));
    expect(events.map(({ event, data }) => [event, data && (JSON.parse(data) as object)])).toEqual([
      ['next', { data: { viewer: { id: session.user.id } } }],
      ['complete', ''],
    ]);
  });

  it.each<[string, string, (account: { refreshToken: string; email: string }) => unknown]>([
    ['Access token expired', 'EXPIRED', () => clock.advance(31 * 60_000)],
    ['Signed out', 'REVOKED', ({ refreshToken }) => app.mutate('logout', { refreshToken })],
    [
      'Role changed',
      'EXPIRED',
      ({ email }) =>
        app.services.database.prisma.user.updateMany({ where: { email }, data: { role: 'GUEST' } }),
    ],
  ])('ends with UNAUTHENTICATED: %s', async (message, reason, act) => {
    const { token, email, session } = await app.register();
    const response = await subscribe(token);
    await act({ refreshToken: session.refreshToken, email });
    const events = await Array.fromAsync(readEvents(response));
    expect(events.map(({ event, data }) => [event, data && (JSON.parse(data) as object)])).toEqual([
      [
        'next',
        {
          errors: [
            {
              message: expect.stringContaining(message) as string,
              extensions: { code: 'UNAUTHENTICATED', reason },
            },
          ],
        },
      ],
      ['complete', ''],
    ]);
  });

  it('answers 401 before the first event without authentication', async () => {
    const response = await subscribe('garbage');
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('UNAUTHENTICATED');
  });

  it('does not delay the shutdown of the server', async () => {
    const { token } = await app.register();
    const response = await subscribe(token);
    const ended = response.text().catch(() => 'cut');
    const start = performance.now();
    await app.close();
    expect(performance.now() - start).toBeLessThan(15_000);
    await eventually(async () => (await ended) !== undefined);
  });
});
