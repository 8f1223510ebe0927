import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { ageSessions } from '../../support/sessions.ts';

describe('sessions', () => {
  const app = testApp({ config: { role: 'api' } });

  async function sessions({ token }: Pick<Account, 'token'>): Promise<ListedSession[]> {
    const { data } = await app.graphql<{ sessions: ListedSession[] }>(
      '{ sessions { id createdAt lastUsedAt userAgent current } }',
      {},
      { token },
    );
    return data!.sessions;
  }

  const login = async ({ email, password }: Account, userAgent: string) => {
    const { data } = await app.graphql<{ login: { session: { accessToken: string; refreshToken: string } } }>(
      `mutation ($input: LoginInput!) {
        login(input: $input) { ... on LoginSuccess { session { accessToken refreshToken } } }
      }`,
      { input: { email, password } },
      { headers: { 'user-agent': userAgent } },
    );
    return data!.login.session;
  };

  it('lists the open sessions, the latest used first, with the current one marked', async () => {
    const ann = await app.register();
    const phone = await login(ann, 'Phone 1');
    await ageSessions(app, 60);
    await app.signIn('refreshSession', { refreshToken: ann.session.refreshToken });

    const listed = await sessions({ token: phone.accessToken });
    expect(listed).toMatchObject([{ current: false }, { current: true, userAgent: 'Phone 1' }]);
    expect(Date.parse(listed[0]!.lastUsedAt)).toBeGreaterThan(Date.parse(listed[0]!.createdAt));
    expect(listed[1]!.lastUsedAt).toBe(listed[1]!.createdAt);
  });

  it('does not list sessions that have ended, nor those of others', async () => {
    const ann = await app.register();
    await app.register();
    const { refreshToken } = await login(ann, 'Phone 1');
    await app.mutate('logout', { refreshToken });
    expect(await sessions(ann)).toMatchObject([{ current: true }]);

    await ageSessions(app, 31 * 86_400);
    const { accessToken } = await login(ann, 'Phone 2');
    expect(await sessions({ token: accessToken })).toMatchObject([{ userAgent: 'Phone 2' }]);
  });

  it('shows what a client calls itself without invisible characters, cut to 300', async () => {
    const ann = await app.register();
    const { accessToken } = await login(ann, `Phone\t1${'x'.repeat(400)}`);
    const [latest] = await sessions({ token: accessToken });
    expect(latest!.userAgent).toHaveLength(300);
  });

  it('is for people who are signed in, not for API keys', async () => {
    expect((await app.graphql('{ sessions { id } }')).status).toBe(401);
    const ann = await app.register();
    const [session] = await sessions(ann);
    const key = await createKey(app, ann);
    expect((await app.graphql('{ sessions { id } }', {}, key)).status).toBe(403);
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await app.graphql(node, session, key)).data).toEqual({ node: null });
    expect((await app.graphql(node, session, ann)).data).toEqual({ node: { id: session!.id } });
  });
});

interface ListedSession {
  id: string;
  createdAt: string;
  lastUsedAt: string;
  userAgent: string | null;
  current: boolean;
}
