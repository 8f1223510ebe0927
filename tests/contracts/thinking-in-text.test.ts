import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/core/llm/language-model.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

describe.each(Object.values(DIALECTS))('thinking that a model of $name writes into its text', (dialect) => {
  const provider = new ScriptedProvider();
  beforeAll(() => provider.start());
  afterAll(() => provider.stop());

  it('does not reach the reader', async () => {
    writing('<th', 'ink>I should say', ' yes.</thi', 'nk>\n', '\nYes.');
    expect(await read(dialect.create({ url: provider.url }), REQUEST)).toBe('Yes.');
  });

  it('is text when the model is not known to begin inside of it, also in JSON', async () => {
    const model = dialect.create({ url: provider.url });
    writing('They end with </thi', 'nk>, and go on.');
    expect(await read(model, REQUEST)).toBe('They end with </think>, and go on.');
    writing('{"title":"Strip </think> tags"}');
    const form = { ...REQUEST, model: 'deepseek-r1', output: { name: 'form', schema: null } };
    expect(await read(model, form)).toBe('{"title":"Strip </think> tags"}');
  });

  it('without an opening tag, never leaves a model that is known to write so', async () => {
    writing('I should say', ' yes.</thi', 'nk>\n', '\nYes.');
    for (const model of ['deepseek-r1:8b', 'Qwen/QwQ-32B', 'qwen3-4b-thinking-2507']) {
      expect(await read(dialect.create({ url: provider.url }), { ...REQUEST, model })).toBe('Yes.');
    }
  });

  it('is not awaited in the text of such a model once its server has sent some apart', async () => {
    const { connection, thinking } = dialect;
    provider.answer = (response) =>
      sendEvents(
        response,
        ...connection.opening(USAGE),
        thinking[0]!('I should say yes.'),
        connection.text('Ye'),
      );
    const aborter = new AbortController();
    const model = dialect.create({ url: provider.url });
    let text = '';
    for await (const part of model.stream({ ...REQUEST, model: 'deepseek-r1' }, aborter.signal)) {
      if (part.type === 'text') text += part.text;
      if (text) break; // although the answer has no end
    }
    expect(text).toBe('Ye');
  });

  function writing(...pieces: string[]): void {
    const { connection, ending, endMarker, words } = dialect;
    const events = [
      ...connection.opening(USAGE),
      ...pieces.map((piece) => connection.text(piece)),
      ...ending(words.stop[0]!, USAGE),
      ...endMarker,
    ];
    provider.answer = (response) => sendEvents(response, ...events).end();
  }
});

async function read(
  model: ReturnType<(typeof DIALECTS)['OPENAI']['create']>,
  request: ModelRequest,
): Promise<string> {
  let text = '';
  for await (const part of model.stream(request, new AbortController().signal)) {
    if (part.type === 'text') text += part.text;
  }
  return text;
}
