import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { KEY, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());

const data = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
const ended = (finishReason: string, more: object = {}) => data({ candidates: [{ finishReason, ...more }] });
const blocked = (promptFeedback: object) => data({ promptFeedback, usageMetadata: { promptTokenCount: 11 } });
const refusal = (words: string | null) => data({ choices: [{ delta: { refusal: words } }] });

/** How each provider says that it refused, and what the user reads. */
it.each<[keyof typeof DIALECTS, string, string[]]>([
  ...['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'LANGUAGE'].map(
    (reason) => ['GOOGLE', `(${reason}).`, [ended(reason)]] as ['GOOGLE', string, string[]],
  ),
  [
    'GOOGLE',
    '(RECITATION): "Too close to a source.".',
    [ended('RECITATION', { finishMessage: 'Too close to a source.' })],
  ],
  ...['SAFETY', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'OTHER', 'JAILBREAK'].map(
    (blockReason) =>
      ['GOOGLE', `(${blockReason}).`, [blocked({ blockReason })]] as ['GOOGLE', string, string[]],
  ),
  [
    'GOOGLE',
    '(OTHER): "Not in this language.".',
    [blocked({ blockReason: 'OTHER', blockReasonMessage: 'Not in this language.' })],
  ],
  ['GOOGLE', '(EVIL [key]).', [blocked({ blockReason: '\u202eEVIL\u0000 AIzaSyABCDEF123456' })]],
  [
    'OPENAI_CHAT',
    '(stop): "I cannot help.".',
    [refusal('I cannot'), refusal(' help.'), ...DIALECTS.OPENAI_CHAT.ending('stop', USAGE)],
  ],
  [
    'OPENAI_CHAT',
    '(content_filter).',
    [refusal(null), ...DIALECTS.OPENAI_CHAT.ending('content_filter', USAGE)],
  ],
  [
    'ANTHROPIC',
    '(refusal): "This request may enable cyber harm.".',
    [anthropicEnd({ category: 'cyber', explanation: 'This request may enable cyber harm.' })],
  ],
  ['ANTHROPIC', '(refusal): "cyber".', [anthropicEnd({ category: 'cyber', explanation: null })]],
])('%s refuses the content %s', async (protocol, words, events) => {
  provider.answer = (response) => sendEvents(response, ...events).end();
  const { name, create } = DIALECTS[protocol];
  await expect(read(create({ url: provider.url }))).rejects.toMatchObject({
    code: 'REFUSED',
    retryable: false,
    message: `${name} refused the content ${words} Rephrase it.`,
  });
});

it('shows no key in the words of a refusal, and no more than a few of them', async () => {
  provider.answer = (response) =>
    sendEvents(response, refusal(`${KEY} `.repeat(1_000)), refusal('more')).end();
  const error: unknown = await read(DIALECTS.OPENAI_CHAT.create({ url: provider.url })).catch(
    (e: unknown) => e,
  );
  expect((error as Error).message).toContain('[key]');
  expect((error as Error).message).not.toContain(KEY);
  expect((error as Error).message.length).toBeLessThan(400);
});

function anthropicEnd(stop_details: object): string {
  const usage = { output_tokens: 1 };
  return data({ type: 'message_delta', delta: { stop_reason: 'refusal', stop_details }, usage });
}

async function read(model: ReturnType<(typeof DIALECTS)['OPENAI']['create']>): Promise<void> {
  for await (const _part of model.stream(REQUEST, new AbortController().signal));
}
