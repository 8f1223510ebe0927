import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';
import { NEED, openConversation, send } from '../support/conversations.ts';
import { requestOf } from '../support/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { CHROMIUM, testBrowser } from './chromium.ts';

describe.skipIf(!CHROMIUM)('GraphiQL', () => {
  const app = testApp({ router: routerOf(new ScriptedModel()) });
  const browser = testBrowser();

  it('opens and shows the documentation with no request to anywhere else', async () => {
    const page = await browser.open('about:blank');
    const requests: string[] = [];
    const failures: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(app.url());
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'Subscription', exact: true }).click();
    await page.getByText('Live events over WebSocket').waitFor();

    expect(requests.length).toBeGreaterThan(1);
    const origin = new URL(app.url()).origin;
    expect(requests.filter((url) => new URL(url).origin !== origin)).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('runs an operation with the token of the Headers tab', async () => {
    const { token } = await app.register({ displayName: 'Ann in the browser' });
    const page = await browser.open(app.url());
    await write(page, 'operation', '{ viewer { displayName } }');
    await run(page);
    await shows(page, 'UNAUTHENTICATED');
    await writeHeaders(page, token);
    await run(page);
    await shows(page, 'Ann in the browser');
  });

  it('shows the events of a subscription as they come, over SSE, with the same token', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    const page = await browser.open(app.url());
    const streamed = page.waitForResponse(
      (response) => response.headers()['content-type']?.startsWith('text/event-stream') === true,
    );
    await writeHeaders(page, ann.token);
    const completed = '... on MessageCompletedEvent { message { status } }';
    const events = `conversationEvents(conversationId: "${id}") { __typename ${completed} }`;
    await write(page, 'operation', `subscription { ${events} }`);
    await run(page);
    expect((await streamed).status()).toBe(200);
    await shows(page, 'ConversationSnapshotEvent');
    await send(app, ann, id, NEED);
    await shows(page, 'COMPLETE');
  });

  it('tells how to approve a text with an edit, which stands as it was written', async () => {
    const ann = await app.register();
    const approval = { timing: 'AFTER_STEP' } as const;
    const executionId = await startRun(app, ann, design({ key: 'letter', approval }));
    const { id } = await requestOf(app, ann, executionId, 'letter');
    const page = await browser.open(app.url());
    await page.getByRole('tab').nth(1).click();
    await writeHeaders(page, ann.token);
    await play(page, 'Ask', { approval: id });
    await shows(page, 'letter says hello to the world.');
    const output = 'Dear reader,  good-bye.';
    await play(page, 'Decide', { approval: id, output });
    await shows(page, 'APPROVED');
    const ended = await runWhen(app, ann, executionId, hasEnded);
    expect(ended.report).toBe(output);
  });
});

async function write(page: Page, editor: 'operation' | 'headers' | 'variables', text: string): Promise<void> {
  await page
    .locator(`.monaco-editor[data-uri$="-${editor}.${editor === 'operation' ? 'graphql' : 'json'}"]`)
    .click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

/** Runs one operation of the tab with the story. */
async function play(page: Page, operation: string, variables: object): Promise<void> {
  await page.getByRole('button', { name: 'Variables', exact: true }).click();
  await write(page, 'variables', JSON.stringify(variables));
  await run(page);
  await page.getByRole('menuitem', { name: operation, exact: true }).click();
}

async function writeHeaders(page: Page, token: string): Promise<void> {
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  await write(page, 'headers', JSON.stringify({ Authorization: `Bearer ${token}` }));
}

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** The result holds the text; the editor's blanks do not break. */
async function shows(page: Page, text: string): Promise<void> {
  const result = page.locator('.result-window');
  await eventually(async () => expect((await result.innerText()).replaceAll('\u00a0', ' ')).toContain(text), {
    timeoutMs: 30_000,
    intervalMs: 100,
  });
}
