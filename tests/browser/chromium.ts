import fs from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

/** Null where there is no Chromium: skip, visibly. Set CHROMIUM to the path of another one. */
export const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && fs.existsSync(path),
);

if (!CHROMIUM) {
  console.warn(
    'Skipped: the tests in a browser. `apt-get install -y chromium`, or set CHROMIUM to the path of one.',
  );
}

/** In a describe: a browser. */
export function testBrowser(): TestBrowser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }); // root has no sandbox
  });
  afterAll(() => browser.close());
  return {
    async open(url) {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      await page.goto(url);
      return page;
    },
    profile: () => browser.newContext(),
  };
}

interface TestBrowser {
  /** Opens a page with cookies of its own. */
  open: (url: string) => Promise<Page>;
  /** A new profile, whose pages share their cookies, like the tabs of one person. */
  profile: () => Promise<BrowserContext>;
}
