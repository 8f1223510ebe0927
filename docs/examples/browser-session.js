/**
 * Keeps a browser signed in, in any number of tabs. The refresh token is a cookie that no script can read; the access
 * token is in the memory of this tab. Tabs refresh one after the other, because each refresh spends the cookie of the
 * one before.
 *
 *     const session = browserSession('/graphql');
 *     await session.signIn('ann@example.com', 'correct horse battery');
 *     const token = await session.accessToken(); // before each request and each connection
 */
export function browserSession(url) {
  let current = null;

  /** The access token; null when the user has to sign in. `refused`: one that the server no longer accepts. */
  async function accessToken(refused = null) {
    const isFresh = () =>
      current !== null && current.accessToken !== refused && current.expiresAt - Date.now() > EARLY_MS;
    if (isFresh()) return current.accessToken;
    await navigator.locks.request('agentforge-refresh', async () => {
      if (!isFresh()) keep(await call('refreshSession', {}));
    });
    return current?.accessToken ?? null;
  }

  async function signIn(email, password) {
    const result = await navigator.locks.request('agentforge-refresh', () =>
      call('login', { email, password, cookie: true }),
    );
    keep(result);
    if (current === null) throw new Error(result.message);
  }

  /** Ends the session in all tabs. */
  async function signOut() {
    await navigator.locks.request('agentforge-refresh', () => call('logout', {}));
    current = null;
  }

  function keep({ session }) {
    current = session
      ? { accessToken: session.accessToken, expiresAt: Date.parse(session.accessTokenExpiresAt) }
      : null;
  }

  /** Throws while the server cannot be reached: try again later, the cookie is still there. */
  async function call(name, input) {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'include', // needed only if the page is not of the API's own origin
      headers: { 'Content-Type': 'application/json', 'X-Refresh-Session': '1' },
      body: JSON.stringify({ query: MUTATIONS[name], variables: { input } }),
      signal: AbortSignal.timeout(10_000), // other tabs wait
    });
    const { data, errors } = await response.json();
    if (!data?.result) throw new Error(errors?.[0]?.message ?? `HTTP ${response.status}`);
    return data.result;
  }

  return { accessToken, signIn, signOut };
}

/** Refreshes this long before the access token expires. */
const EARLY_MS = 30_000;

const SESSION = 'session { accessToken accessTokenExpiresAt }';
const MUTATIONS = {
  login: `mutation ($input: LoginInput!) {
    result: login(input: $input) { ... on LoginSuccess { ${SESSION} } ... on UserError { message } }
  }`,
  refreshSession: `mutation ($input: RefreshSessionInput!) {
    result: refreshSession(input: $input) { ... on RefreshSessionSuccess { ${SESSION} } ... on UserError { message } }
  }`,
  logout: `mutation ($input: LogoutInput!) {
    result: logout(input: $input) { ... on LogoutSuccess { sessionsEnded } ... on UserError { message } }
  }`,
};
