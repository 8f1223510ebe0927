import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { chatChunk, chatEnd } from '../support/compatible-server.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { REQUEST } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());

describe('the text of a chat completion', () => {
  const message = (content: unknown, more: object = {}) => {
    const choice = { delta: undefined, message: { role: 'assistant', content }, ...more };
    return chatChunk(null, choice);
  };
  it.each([
    ['whole in a message', [message('It rains.')]],
    ['in pieces in messages', [message('It '), message('rains.')]],
    [
      'in a message after its pieces',
      [message('It '), message('rains.'), message('It rains.', { finish_reason: 'stop' })],
    ],
    ['in a message after deltas', [chatChunk('It '), chatChunk('rains.'), message('It rains.')]],
    ['in a message that has more than the deltas', [chatChunk('It '), message('It rains.')]],
    ['in a message beside an empty delta', [message('It rains.', { delta: {} })]],
    ['in a message of parts', [message([{ type: 'text', text: 'It rains.' }])]],
    [
      'of the oldest protocol',
      [chatChunk(null, { text: 'It ' }), chatChunk(null, { text: 'rains.', finish_reason: 'stop' })],
    ],
  ])('is read once: %s', async (_where, events) => {
    const parts = await partsOf(events);
    expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe('It rains.');
    expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });

  it.each([
    [
      'a picture',
      [chatChunk(null, { delta: { content: [{ type: 'image_url', image_url: { url: 'x' } }] } })],
    ],
    ['a call of a tool', [chatChunk(null, { delta: { tool_calls: [{ function: { name: 'f' } }] } })]],
  ])('is not complete with %s', async (_what, events) => {
    const parts = await partsOf([chatChunk('See:'), ...events]);
    expect(parts.at(-1)).toEqual({ type: 'end', reason: 'unknown' });
  });

  it.each([
    ['a reference', [{ type: 'reference', reference_ids: [1] }]],
    ['thinking', [{ type: 'reasoning', text: 'hm' }]],
  ])('is complete with %s', async (_what, content) => {
    const parts = await partsOf([chatChunk('See:'), chatChunk(null, { delta: { content } })]);
    expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });
});

function partsOf(events: string[]): Promise<ModelStreamPart[]> {
  provider.answer = (response) => sendEvents(response, ...events, chatEnd()).end();
  const model = DIALECTS.OPENAI_CHAT.create({ url: provider.url });
  return Array.fromAsync(model.stream(REQUEST, new AbortController().signal));
}
