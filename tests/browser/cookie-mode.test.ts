import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { type Account, testApp, testClock } from '../support/app.ts';
import { CHROMIUM, testBrowser } from './chromium.ts';

/** The code of the page, as docs/signing-in.md shows it. */
const RECIPE = fs.readFileSync('docs/examples/browser-session.js', 'utf8');
const PAGE = `<!doctype html><body></body><script type="module">
${RECIPE.replace('export function', 'window.browserSession = function')}
</script>`;

/** Two servers that only have the page, on other ports: the same site, so that SameSite lets the cookie pass. */
const [allowed, foreign] = [await servePage(), await servePage()];

describe.skipIf(!CHROMIUM)('cookie mode in a browser', () => {
  const clock = testClock();
  const app = testApp({ config: { role: 'api', corsOrigins: [allowed.origin] }, clock: clock.now });
  afterAll(() => [allowed, foreign].forEach(({ close }) => close()));
  const browser = testBrowser();

  /** Opens a page that uses the recipe; by default a page of the API's own origin. */
  async function openTab(profile: BrowserContext, origin?: string): Promise<Page> {
    const page = await profile.newPage();
    const ownPage = new URL('/page', app.url()).href;
    await page.route(ownPage, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
    await page.goto(origin ?? ownPage);
    await page.evaluate((url) => {
      window.session = window.browserSession(url);
    }, app.url());
    return page;
  }

  const signIn = (page: Page, { email, password }: Account) =>
    page.evaluate(([email, password]) => window.session.signIn(email!, password!), [email, password]);
  const accessToken = (page: Page) => page.evaluate(() => window.session.accessToken());
  const isSignedIn = async (token: string | null) =>
    token !== null && (await app.graphql('{ viewer { id } }', {}, { token })).status === 200;
  const refreshes = async ({ email }: Account) => {
    const [row] = await app.services.database.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id
       JOIN users u ON u.id = s.user_id WHERE u.email = $1 AND r.spent_at IS NOT NULL`,
      [email],
    );
    return row!.count;
  };

  it('signs in, and shows the refresh token to no script', async () => {
    const profile = await browser.profile();
    const page = await openTab(profile);
    await signIn(page, await app.register());
    expect(await isSignedIn(await accessToken(page))).toBe(true);
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await profile.cookies(app.url())).toMatchObject([
      { name: 'agentforge-refresh', path: '/graphql', httpOnly: true, secure: true, sameSite: 'Strict' },
    ]);
    await profile.close();
  });

  it('lets two tabs refresh at the same moment', async () => {
    const ann = await app.register();
    const profile = await browser.profile();
    const tabs = [await openTab(profile), await openTab(profile)];
    await signIn(tabs[0]!, ann);
    const refused = await accessToken(tabs[0]!);
    const tokens = await Promise.all(
      tabs.map((tab) => tab.evaluate((token) => window.session.accessToken(token), refused)),
    );
    expect(new Set([refused, ...tokens]).size).toBe(3);
    expect(await Promise.all(tokens.map(isSignedIn))).toEqual([true, true]);
    expect(await refreshes(ann)).toBe(2);
    await profile.close();
  });

  it('keeps a laptop signed in that wakes after an hour, and another tab with it', async () => {
    const profile = await browser.profile();
    await profile.clock.install();
    const tabs = [await openTab(profile), await openTab(profile)];
    await signIn(tabs[0]!, await app.register());
    const before = await Promise.all(tabs.map(accessToken));
    await profile.clock.fastForward(3_600_000);
    clock.advance(3_600_000);
    expect(await Promise.all(before.map(isSignedIn))).toEqual([false, false]);
    const after = await Promise.all(tabs.map(accessToken));
    expect(await Promise.all(after.map(isSignedIn))).toEqual([true, true]);
    await profile.close();
  });

  it('serves a page of another origin that CORS_ORIGINS names', async () => {
    const profile = await browser.profile();
    await signIn(await openTab(profile, allowed.origin), await app.register());
    expect(await isSignedIn(await accessToken(await openTab(profile, allowed.origin)))).toBe(true);
    await profile.close();
  });

  it('signs out in all tabs', async () => {
    const profile = await browser.profile();
    const tabs = [await openTab(profile), await openTab(profile)];
    await signIn(tabs[0]!, await app.register());
    const token = await accessToken(tabs[1]!);
    await tabs[0]!.evaluate(() => window.session.signOut());
    expect(await isSignedIn(token)).toBe(false);
    expect(await tabs[1]!.evaluate((refused) => window.session.accessToken(refused), token)).toBeNull();
    expect(await profile.cookies(app.url())).toEqual([]);
    await profile.close();
  });

  it('gives a page of another origin nothing, neither by script nor by form', async () => {
    const ann = await app.register();
    const profile = await browser.profile();
    const own = await openTab(profile);
    await signIn(own, ann);

    const page = await openTab(profile, foreign.origin);
    const attempts = await page.evaluate(attack, app.url());
    expect(attempts).toEqual(['TypeError', 'TypeError', 'opaque']);
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const page = await openTab(profile, foreign.origin);
      const answer = page.waitForResponse(app.url());
      await page.evaluate(sendForm, [app.url(), enctype]);
      expect((await answer).status()).toBe(415);
    }

    expect(await refreshes(ann)).toBe(0);
    expect(await isSignedIn(await accessToken(await openTab(profile)))).toBe(true);
    await profile.close();
  });
});

async function servePage(): Promise<{ origin: string; close: () => void }> {
  const server = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end(PAGE),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

/** Runs in a page: refreshes as the recipe does, without the header, and without a preflight. */
async function attack(url: string): Promise<string[]> {
  const query =
    'mutation { refreshSession(input: {}) { ... on RefreshSessionSuccess { session { accessToken } } } }';
  const send = (options: RequestInit) =>
    fetch(url, { method: 'POST', credentials: 'include', body: JSON.stringify({ query }), ...options }).then(
      ({ type }) => type as string,
      ({ name }: Error) => name,
    );
  return [
    await send({ headers: { 'Content-Type': 'application/json', 'X-Refresh-Session': '1' } }),
    await send({ headers: { 'Content-Type': 'application/json' } }),
    await send({ mode: 'no-cors', headers: { 'Content-Type': 'text/plain' } }),
  ];
}

/** Runs in a page. */
function sendForm([url, enctype]: string[]): void {
  const { body } = document;
  body.innerHTML = `<form method="post" action="${url}" enctype="${enctype}">
    <input name='{"query":"mutation { refreshSession(input: {}) { __typename } }","x":"' value='"}'></form>`;
  document.forms[0]!.submit();
}

interface BrowserSession {
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
  accessToken(refused?: string | null): Promise<string | null>;
}

/** What this file uses of a page. */
declare const window: { browserSession: (url: string) => BrowserSession; session: BrowserSession };
declare const document: { body: { innerHTML: string }; forms: { submit(): void }[] };
