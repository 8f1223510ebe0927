import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { ageSessions } from '../../support/sessions.ts';

const DAY = 86_400;

describe('refreshSession', () => {
  const app = testApp({ config: { role: 'api', sessionMaxDays: 10 } });

  const refresh = (refreshToken: string) => app.signIn('refreshSession', { refreshToken });
  const isSignedIn = async (token: string) =>
    (await app.graphql('{ viewer { id } }', {}, { token })).status === 200;

  it('returns a new access token and a new refresh token', async () => {
    const { session } = await app.register();
    const next = await refresh(session.refreshToken);
    expect(next.user).toEqual(session.user);
    expect(next.refreshToken).not.toBe(session.refreshToken);
    expect(await isSignedIn(next.accessToken)).toBe(true);
    expect((await refresh(next.refreshToken)).__typename).toBe('RefreshSessionSuccess');
  });

  it('returns the same successor again within 10 seconds, when the response was lost', async () => {
    const { session } = await app.register();
    const first = await refresh(session.refreshToken);
    await ageSessions(app, 8);
    const again = await refresh(session.refreshToken);
    expect(again.refreshToken).toBe(first.refreshToken);
    expect(await isSignedIn(again.accessToken)).toBe(true);
  });

  it.each(['=', ' ', '\n', '.', '.x'])('refuses a token with %j after it', async (end) => {
    const { session } = await app.register();
    expect((await refresh(`${session.refreshToken}${end}`)).__typename).toBe('InvalidCredentialsError');
    expect((await refresh(session.refreshToken)).__typename).toBe('RefreshSessionSuccess');
  });

  it('lets two browser tabs refresh at the same time', async () => {
    const { session } = await app.register();
    const tabs = await Promise.all([refresh(session.refreshToken), refresh(session.refreshToken)]);
    expect(tabs[0].refreshToken).toBe(tabs[1].refreshToken);
    expect(await Promise.all(tabs.map((tab) => isSignedIn(tab.accessToken)))).toEqual([true, true]);
  });

  it.each([
    ['after 10 seconds', () => ageSessions(app, 11)],
    ['once its successor was used', (successor: string) => refresh(successor)],
  ])('ends the whole session when a spent token is reused %s', async (_when, wait) => {
    const { session } = await app.register();
    const next = await refresh(session.refreshToken);
    await wait(next.refreshToken);

    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError');
    expect((await refresh(next.refreshToken)).__typename).toBe('InvalidCredentialsError');
    expect(await isSignedIn(next.accessToken)).toBe(false);
  });

  it('does not end the other sessions of the user when one ends', async () => {
    const { email, password, session } = await app.register();
    const other = await app.signIn('login', { email, password });
    await refresh(session.refreshToken);
    await ageSessions(app, 11);
    await refresh(session.refreshToken);
    expect(await isSignedIn(other.accessToken)).toBe(true);
  });

  it('rejects a token that is 7 days old', async () => {
    const { session } = await app.register();
    await ageSessions(app, 7 * DAY);
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError');
  });

  it('does not go beyond the absolute end of the session, however often it is refreshed', async () => {
    const { session, token } = await app.register();
    const end = Date.parse(session.refreshTokenExpiresAt) + 3 * DAY * 1000;
    await ageSessions(app, 5 * DAY);
    const next = await refresh(session.refreshToken);
    const expiresAt = Date.parse(next.refreshTokenExpiresAt);
    expect(Math.abs(end - 5 * DAY * 1000 - expiresAt)).toBeLessThan(60_000);

    await ageSessions(app, 5 * DAY);
    expect((await refresh(next.refreshToken)).__typename).toBe('InvalidCredentialsError');
    expect(await isSignedIn(token)).toBe(false);
  });

  it('rejects the token of a removed user, and so does every request with the access token', async () => {
    const { email, session, token } = await app.register();
    await app.services.database.sql('UPDATE users SET removed_at = now() WHERE email = $1', [email]);
    expect((await refresh(session.refreshToken)).__typename).toBe('InvalidCredentialsError');
    expect(await isSignedIn(token)).toBe(false);
  });

  it.each([
    ['garbage', () => 'garbage'],
    ['a forged signature', (token: string) => `${token.slice(0, -2)}AA`],
    ['another id under the signature', (token: string) => `x${token}`],
    ['a part too many', (token: string) => `${token}.x`],
    ['an access token', (_token: string, access: string) => access],
  ])('rejects %s with the same message', async (_what, forge) => {
    const { session } = await app.register();
    const result = await app.mutate('refreshSession', {
      refreshToken: forge(session.refreshToken, session.accessToken),
    });
    expect(result).toEqual({
      __typename: 'InvalidCredentialsError',
      message: 'The refresh token is invalid, expired or revoked. Sign in again.',
    });
  });

  it('returns ValidationError for an empty token', async () => {
    expect((await app.mutate('refreshSession', { refreshToken: '' })).__typename).toBe('ValidationError');
  });

  it('stores no token', async () => {
    const { session } = await app.register();
    const rows = await app.services.database.sql('SELECT * FROM refresh_tokens');
    const [, signature = ''] = session.refreshToken.split('.');
    expect(JSON.stringify(rows)).not.toContain(signature);
  });
});
