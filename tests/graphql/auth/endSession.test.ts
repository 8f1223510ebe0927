import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';

describe('endSession', () => {
  const app = testApp({ config: { role: 'api' } });

  const endSession = (sessionId: string, account?: Account) =>
    app.mutate('endSession', { sessionId }, '... on EndSessionSuccess { session { id current } }', account);
  const sessionOf = async ({ token }: Account) => {
    const { data } = await app.graphql<{ sessions: { id: string; current: boolean }[] }>(
      '{ sessions { id current } }',
      {},
      { token },
    );
    return data!.sessions.find(({ current }) => current)!.id;
  };
  const isSignedIn = async ({ token }: { token: string }) =>
    (await app.graphql('{ viewer { id } }', {}, { token })).status === 200;

  it('ends another session of the user at once, and only that', async () => {
    const ann = await app.register();
    const phone = await app.signIn('login', { email: ann.email, password: ann.password });
    const id = await sessionOf({ ...ann, token: phone.accessToken });
    expect(await endSession(id, ann)).toEqual({
      __typename: 'EndSessionSuccess',
      session: { id, current: false },
    });
    expect(await isSignedIn({ token: phone.accessToken })).toBe(false);
    const refreshed = await app.mutate('refreshSession', { refreshToken: phone.refreshToken });
    expect(refreshed.__typename).toBe('InvalidCredentialsError');
    expect(await isSignedIn(ann)).toBe(true);
    expect((await endSession(id, ann)).__typename).toBe('EndSessionSuccess');
  });

  it('can end the current session', async () => {
    const ann = await app.register();
    await endSession(await sessionOf(ann), ann);
    expect(await isSignedIn(ann)).toBe(false);
  });

  it('gives NotFoundError alike for missing, malformed and foreign sessions, those of an ADMIN’s members too', async () => {
    const admin = await app.register();
    const member = await app.member(admin, 'USER');
    const stranger = await app.register();
    const answers = [
      await endSession(await sessionOf(member), admin),
      await endSession(await sessionOf(stranger), admin),
      await endSession(encodeId('Session', randomUUID()), admin),
      await endSession(encodeId('User', randomUUID()), admin),
      await endSession('garbage', admin),
    ];
    expect(answers).toEqual(Array<unknown>(5).fill(answers[0]));
    expect(answers[0]).toMatchObject({ __typename: 'NotFoundError' });
    expect(await Promise.all([member, stranger].map(isSignedIn))).toEqual([true, true]);
  });

  it('asks for a token', async () => {
    const { errors, status } = await app.graphql(
      'mutation ($input: EndSessionInput!) { endSession(input: $input) { __typename } }',
      { input: { sessionId: 'x' } },
    );
    expect(status).toBe(401);
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  });
});
