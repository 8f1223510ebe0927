import { describe, expect, it } from 'vitest';
import { createKey } from '../../support/api-keys.ts';
import { testApp } from '../../support/app.ts';

describe('logout', () => {
  const app = testApp({ config: { role: 'api' } });

  const logout = (refreshToken?: string, token?: string) =>
    app.mutate('logout', { refreshToken }, '... on LogoutSuccess { sessionsEnded }', { token });

  it('ends the session and invalidates its access and refresh tokens', async () => {
    const { session, token } = await app.register();
    expect(await logout(session.refreshToken)).toEqual({ __typename: 'LogoutSuccess', sessionsEnded: 1 });
    expect((await app.graphql('{ viewer { id } }', {}, { token })).status).toBe(401);
    const refreshed = await app.mutate('refreshSession', { refreshToken: session.refreshToken });
    expect(refreshed.__typename).toBe('InvalidCredentialsError');
  });

  it('accepts a spent token of the session too', async () => {
    const { session } = await app.register();
    const next = await app.signIn('refreshSession', { refreshToken: session.refreshToken });
    expect(await logout(session.refreshToken)).toMatchObject({ sessionsEnded: 1 });
    expect((await app.graphql('{ viewer { id } }', {}, { token: next.accessToken })).status).toBe(401);
  });

  it('does not end other sessions', async () => {
    const { email, password, session } = await app.register();
    const other = await app.signIn('login', { email, password });
    await logout(session.refreshToken);
    expect((await app.graphql('{ viewer { id } }', {}, { token: other.accessToken })).status).toBe(200);
  });

  it('ends nothing for an unknown token, or a session that has ended', async () => {
    const { session } = await app.register();
    await logout(session.refreshToken);
    expect(await logout(session.refreshToken)).toMatchObject({ sessionsEnded: 0 });
    expect(await logout('garbage')).toMatchObject({ sessionsEnded: 0 });
  });

  it('without a refresh token, ends the session of the access token', async () => {
    const { email, password, token } = await app.register();
    const other = await app.signIn('login', { email, password });
    expect(await logout(undefined, token)).toEqual({ __typename: 'LogoutSuccess', sessionsEnded: 1 });
    expect((await app.graphql('{ viewer { id } }', {}, { token })).status).toBe(401);
    expect((await app.graphql('{ viewer { id } }', {}, { token: other.accessToken })).status).toBe(200);
    expect(await logout(undefined, token)).toMatchObject({ sessionsEnded: 0 });
    expect(await logout()).toMatchObject({ sessionsEnded: 0 });
  });

  it('ends nothing with an API key, which stays valid', async () => {
    const key = await createKey(app, await app.register());
    expect(await logout(undefined, key.token)).toMatchObject({ sessionsEnded: 0 });
    expect((await app.graphql('{ viewer { id } }', {}, key)).status).toBe(200);
  });

  it('returns ValidationError for an empty token', async () => {
    expect((await logout('')).__typename).toBe('ValidationError');
  });
});
