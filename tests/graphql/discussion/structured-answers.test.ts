import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRouter } from '../../../src/core/llm/model-router.ts';
import { google } from '../../../src/core/llm/providers/google.ts';
import { STRATEGIES } from '../../../src/modules/discussion/engine/proposal.ts';
import { testApp } from '../../support/app.ts';
import { NEED, openConversation, readConversation, talk } from '../../support/conversations.ts';
import { ScriptedProvider, sendEvents } from '../../support/scripted-provider.ts';
import { CRITIQUE_ANSWER, designAnswer } from '../../support/structured-models.ts';

const provider = await new ScriptedProvider().start();
const client = google.create({ apiKey: 'key', baseUrl: provider.url });
const router = new ModelRouter({ clients: new Map([['GOOGLE', client]]), defaultProvider: 'GOOGLE' });

describe('a turn whose model writes its JSON as models do', () => {
  const app = testApp({ router });
  let write: (answer: object) => string;
  beforeAll(() => {
    provider.answer = (response, { body }) => {
      const answer = answerTo(body);
      const text = answer === null ? 'Three designs are ready.' : write(answer);
      const candidates = [{ content: { parts: [{ text }] }, finishReason: 'STOP' }];
      const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 10 };
      sendEvents(response, `data: ${JSON.stringify({ candidates, usageMetadata })}\n\n`).end();
    };
  });
  afterAll(() => provider.stop());

  it.each<[string, (answer: object) => string]>([
    [
      'with thinking that holds braces',
      (answer) => `<think>{"steps": []}? {no}</think>${JSON.stringify(answer)}`,
    ],
    ['with thinking without an opening', (answer) => `I take {these}.</think>\n${JSON.stringify(answer)}`],
    [
      'in prose and a fence',
      (answer) => `Use {x}:\n\`\`\`json\n${JSON.stringify(answer)}\n\`\`\`\nDone {"so"}.`,
    ],
    ['in one wrapper', (answer) => JSON.stringify({ result: answer })],
    ['in a list', (answer) => JSON.stringify([answer])],
    ['with words in another case', (answer) => JSON.stringify(answer).replaceAll('COLLECTOR', ' Collector ')],
    [
      'with numbers and booleans in strings',
      (answer) => JSON.stringify(answer).replace(/:(\d+|true)/g, ':"$1"'),
    ],
    [
      'with null for what is left out',
      (answer) => JSON.stringify({ ...answer, changes: null, target: null, title: 'T' }),
    ],
    [
      'with line breaks in strings',
      (answer) => JSON.stringify(answer).replaceAll('It works.', 'It\n\tworks.'),
    ],
  ])('takes every answer at once: %s', async (_how, writing) => {
    write = writing;
    provider.reset();
    const ann = await app.register();
    const id = await openConversation(app, ann);
    const reply = await talk(app, ann, id, NEED);
    expect(reply).toMatchObject({ status: 'COMPLETE', notices: [] });
    expect(provider.requests).toHaveLength(8); // the message, three designs, three critiques, the reply
    const { proposals } = await readConversation(app, ann, id);
    expect(proposals.map(({ source, critique }) => [source, critique.source])).toEqual(
      STRATEGIES.map(() => ['MODEL', 'MODEL']),
    );
  });
});

/** Tells the tasks apart by the schema that goes along. Null for the text of the reply. */
function answerTo(body: string): object | null {
  const { generationConfig } = JSON.parse(body) as {
    generationConfig?: { responseJsonSchema?: { properties: object } };
  };
  const properties = generationConfig?.responseJsonSchema?.properties;
  if (!properties) return null;
  if ('intents' in properties) return { intents: ['DESCRIBE'], isClear: true, memory: { withdrawn: [1] } };
  if ('strengths' in properties) return CRITIQUE_ANSWER;
  const strategy = STRATEGIES.find((one) => body.includes(`strategy of this design is ${one}`))!;
  return designAnswer(strategy, { maxOutputTokens: 1500 });
}
