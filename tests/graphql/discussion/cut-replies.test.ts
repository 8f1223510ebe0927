import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { NEED, openConversation, talk } from '../../support/conversations.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });

describe('a reply that does not end by itself', () => {
  it.each([
    [
      'length',
      /^The reply was cut at its limit of 1200 tokens\. Ask for the rest, or for a shorter answer\.$/,
    ],
    [
      'thinking',
      /1200 tokens, most of which the model's thinking used up\. Ask for the rest, or for a shorter answer\.$/,
    ],
    [
      'window',
      /the model can write no more: its context window .* used up\. Ask for the rest, or for a shorter answer\.$/,
    ],
    ['unknown', /^The reply may be incomplete/],
  ] as const)('keeps its text, with a notice that names the cause and what helps: %s', async (end, cause) => {
    model.answer('discussion.reply', { text: 'First, you should', end });
    const ann = await app.register();
    const reply = await talk(app, ann, await openConversation(app, ann), NEED);
    expect(reply).toMatchObject({ status: 'COMPLETE', content: 'First, you should' });
    expect(reply.notices.filter(({ code }) => code === 'OUTPUT_CUT')).toEqual([
      { code: 'OUTPUT_CUT', message: expect.stringMatching(cause), stepKey: null, source: null },
    ]);
    expect(reply.notices.some(({ code }) => code === 'BUILT_IN_USED')).toBe(true); // those of the turn stay
  });

  it('has no such notice when it is complete', async () => {
    model.answer('discussion.reply', 'That is all.');
    const ann = await app.register();
    const { notices } = await talk(app, ann, await openConversation(app, ann), NEED);
    expect(notices.filter(({ code }) => code === 'OUTPUT_CUT')).toEqual([]);
  });
});
