import { describe, expect, it } from 'vitest';
import { type Account, mutationDocument, testApp } from '../../support/app.ts';

describe('cookie mode', () => {
  const app = testApp({ config: { role: 'api' } });

  /** Sends a mutation like a browser, with its cookie. */
  async function send(name: string, input: object, headers: Record<string, string> = {}): Promise<Sent> {
    const success = `${name.charAt(0).toUpperCase()}${name.slice(1)}Success`;
    const fields = name === 'logout' ? 'sessionsEnded' : 'session { accessToken refreshToken }';
    const query = mutationDocument(name, `... on ${success} { ${fields} }`);
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const { data, errors } = (await response.json()) as Answer;
    const [setCookie = null] = response.headers.getSetCookie();
    return {
      status: response.status,
      result: data?.[name] ?? null,
      message: errors?.[0]?.message ?? null,
      setCookie,
      cookie: setCookie?.split(';')[0] ?? '',
    };
  }

  const login = ({ email, password }: Account, headers = {}) =>
    send('login', { email, password, cookie: true }, headers);
  const PAGE = { 'x-refresh-session': '1' };

  it('keeps the refresh token out of the answer, in a cookie that scripts and other sites cannot use', async () => {
    const { result, setCookie } = await login(await app.register());
    expect(result).toMatchObject({ __typename: 'LoginSuccess', session: { refreshToken: null } });
    expect(setCookie).toMatch(
      /^agentforge-refresh=[\w.-]+; Max-Age=60\d{4}; Path=\/graphql; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it('works for register too', async () => {
    const account = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery' };
    const input = { ...account, displayName: 'Ann', cookie: true };
    const { result, cookie } = await send('register', input);
    expect(result).toMatchObject({ __typename: 'RegisterSuccess', session: { refreshToken: null } });
    expect((await send('refreshSession', {}, { ...PAGE, cookie })).result?.__typename).toBe(
      'RefreshSessionSuccess',
    );
  });

  it('is off unless it is asked for', async () => {
    const { email, password } = await app.register();
    const { result, setCookie } = await send('login', { email, password });
    expect(result?.session?.refreshToken).toMatch(/^[\w.-]+$/);
    expect(setCookie).toBeNull();
  });

  it('refreshes by the cookie, which it replaces', async () => {
    const { cookie } = await login(await app.register());
    const next = await send('refreshSession', {}, { ...PAGE, cookie: `theme=dark; ${cookie}; a=b` });
    expect(next.result).toMatchObject({
      __typename: 'RefreshSessionSuccess',
      session: { refreshToken: null },
    });
    expect(next.cookie).not.toBe(cookie);
    const token = next.result!.session!.accessToken;
    expect((await app.graphql('{ viewer { id } }', {}, { token })).status).toBe(200);
    expect((await send('refreshSession', {}, { ...PAGE, cookie: next.cookie })).status).toBe(200);
  });

  it('gives two tabs that refresh at the same moment the same successor', async () => {
    const { cookie } = await login(await app.register());
    const tabs = await Promise.all([1, 2].map(() => send('refreshSession', {}, { ...PAGE, cookie })));
    expect(tabs.map(({ result }) => result?.__typename)).toEqual([
      'RefreshSessionSuccess',
      'RefreshSessionSuccess',
    ]);
    expect(tabs[0]!.cookie).toBe(tabs[1]!.cookie);
  });

  it('refuses the cookie without the header, which forms cannot set', async () => {
    const { cookie } = await login(await app.register());
    for (const name of ['refreshSession', 'logout']) {
      const { status, result, message, setCookie } = await send(name, {}, { cookie });
      expect({ status, result, setCookie }).toEqual({ status: 403, result: null, setCookie: null });
      expect(message).toBe('Send the header X-Refresh-Session: 1 with requests that use the cookie.');
    }
    expect((await send('refreshSession', {}, { ...PAGE, cookie })).status).toBe(200);
  });

  it.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['http://127.0.0.1', 403],
    ['https://app.example.com.evil.example', 403],
    ['https://app.example.com', 200],
  ])('for a page of %s answers %i', async (origin, status) => {
    const account = await app.register();
    const { cookie } = await login(account);
    const headers = { ...PAGE, cookie, origin };
    expect((await login(account, { origin })).status).toBe(status);
    expect((await send('refreshSession', {}, headers)).status).toBe(status);
    expect((await send('logout', {}, headers)).status).toBe(status);
  });

  it.each([
    ['a form', 'POST', 'application/x-www-form-urlencoded', 415],
    ['a form with files', 'POST', 'multipart/form-data; boundary=x', 415],
    ['plain text', 'POST', 'text/plain', 415],
    ['no type', 'POST', '', 415],
    ['GET', 'GET', null, 405],
    ['GET with another type', 'GET', 'application/foo', 415],
  ])('runs no mutation of %s, even with the cookie and the header', async (_what, method, type, status) => {
    const { cookie } = await login(await app.register());
    const query = mutationDocument('logout', '');
    const parameters = new URLSearchParams({ query, variables: '{"input":{}}' }).toString();
    const headers = { ...PAGE, cookie, ...(type !== null && { 'content-type': type }) };
    const url = method === 'GET' ? `${app.url()}?${parameters}` : app.url();
    const request: RequestInit = { method, headers };
    if (method === 'POST') request.body = Buffer.from(parameters);
    const response = await fetch(url, request);
    expect(response.status).toBe(status);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect((await send('refreshSession', {}, { ...PAGE, cookie })).result?.__typename).toBe(
      'RefreshSessionSuccess',
    );
  });

  it('serves pages of its own origin', async () => {
    const { origin } = new URL(app.url());
    const { cookie } = await login(await app.register(), { origin });
    expect((await send('refreshSession', {}, { ...PAGE, cookie, origin })).status).toBe(200);
  });

  it('asks to sign in again without a cookie, and when the cookie is spent, planted or forged', async () => {
    const { cookie } = await login(await app.register());
    for (const wrong of [
      '',
      'agentforge-refresh=',
      'agentforge-refresh=x.y',
      `${cookie}; agentforge-refresh=x.y`,
    ]) {
      const { result } = await send('refreshSession', {}, { ...PAGE, cookie: wrong });
      expect(result?.__typename, wrong).toBe('InvalidCredentialsError');
    }
    expect((await send('refreshSession', {}, { ...PAGE, cookie })).result?.__typename).toBe(
      'RefreshSessionSuccess',
    );
  });

  it('signs out by the cookie and removes it', async () => {
    const { cookie, result } = await login(await app.register());
    const { result: ended, setCookie } = await send('logout', {}, { ...PAGE, cookie });
    expect(ended).toMatchObject({ __typename: 'LogoutSuccess', sessionsEnded: 1 });
    expect(setCookie).toMatch(/^agentforge-refresh=; Max-Age=0; Path=\/graphql; /);
    const token = result!.session!.accessToken;
    expect((await app.graphql('{ viewer { id } }', {}, { token })).status).toBe(401);
    const again = await send('refreshSession', {}, { ...PAGE, cookie });
    expect(again.result?.__typename).toBe('InvalidCredentialsError');
    expect(again.setCookie).toContain('Max-Age=0');
  });

  it('does not read the cookie as a credential', async () => {
    const { cookie } = await login(await app.register());
    const { status } = await app.graphql('{ viewer { id } }', {}, { headers: { ...PAGE, cookie } });
    expect(status).toBe(401);
  });

  it('is refused over WebSocket, where no response could set a cookie, before a session is opened', async () => {
    const account = await app.register();
    const client = app.socketClient(account);
    const { email, password } = account;
    const run = async (name: string, input: object) => {
      const results = client.iterate({ query: mutationDocument(name, ''), variables: { input } });
      const { value } = (await results.next()) as { value: { errors?: { message: string }[] } };
      return value.errors?.[0]?.message;
    };
    const refused = 'Cookie mode works over HTTP only. Send this mutation over HTTP.';
    expect(await run('login', { email, password, cookie: true })).toBe(refused);
    expect(await run('refreshSession', {})).toBe(refused);
    await client.dispose();
    const { data } = await app.graphql('{ sessions { current } }', {}, account);
    expect(data).toEqual({ sessions: [{ current: true }] });
  });
});

describe('the cookie in production', () => {
  const app = testApp({ config: { role: 'api', environment: 'production' } });

  it('has a name that browsers take from secure pages only', async () => {
    const { email, password } = await app.register();
    const query = mutationDocument('login', '');
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input: { email, password, cookie: true } } }),
    });
    expect(response.headers.get('set-cookie')).toMatch(/^__Secure-agentforge-refresh=/);
  });
});

interface Answer {
  data: Record<string, Sent['result']> | null;
  errors?: { message: string }[];
}

interface Sent {
  status: number;
  result: { __typename: string; session?: { accessToken: string; refreshToken: string | null } } | null;
  /** Of the GraphQL error. */
  message: string | null;
  setCookie: string | null;
  /** What a browser sends back. */
  cookie: string;
}
