import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../../src/core/llm/language-model.ts';
import {
  type ReadingFallback,
  readMessage,
} from '../../../../../src/modules/discussion/engine/read-message.ts';
import { incomingMessage } from '../../../../support/incoming-message.ts';
import { answering, modelFailing, noRules } from '../../../../support/structured-models.ts';

describe('readMessage', () => {
  const answer = { intents: ['SELECT'], target: 'SPEED', isClear: true, memory: {} };

  it('takes what the model says', async () => {
    const model = answering(JSON.stringify({ ...answer, memory: { agreed: ['Two pages.'] } }));
    expect(await readMessage(model, noRules, incomingMessage('whatever'))).toMatchObject({
      source: 'MODEL',
      value: { intents: ['SELECT'], target: 'SPEED', memory: { agreed: ['Two pages.'] } },
    });
  });

  it('drops a choice among designs that are not there', async () => {
    const model = answering(JSON.stringify({ ...answer, intents: ['SELECT', 'CONFIRM', 'REFINE'] }));
    const { value } = await readMessage(model, noRules, incomingMessage('the fast one', { proposals: [] }));
    expect(value).toMatchObject({ intents: ['ADD'], target: null });
  });

  it('takes the message itself for a change that was not put apart', async () => {
    const model = answering(JSON.stringify({ ...answer, intents: ['REFINE'], change: '  ' }));
    const { value } = await readMessage(model, noRules, incomingMessage('shorter please'));
    expect(value.change).toBe('shorter please');
  });

  it.each([
    '',
    'I cannot do that.',
    '{"intents": []}',
    '{"intents": ["DANCE"], "isClear": true}',
    '[]',
    'null',
  ])('is built in, and says so, when the model answers %j', async (garbage) => {
    expect(await readMessage(answering(garbage), rules, incomingMessage('yes'))).toMatchObject({
      value: { intents: ['CONFIRM'] },
      source: 'BUILT_IN',
      failure: { code: 'INVALID_OUTPUT' },
    });
  });

  it('is built in when the model is still away after its retries', async () => {
    const away = modelFailing(new ModelError('RATE_LIMITED', 'Slow down.'));
    expect(await readMessage(away, rules, incomingMessage('yes'))).toMatchObject({
      value: { intents: ['CONFIRM'] },
      source: 'BUILT_IN',
      failure: { code: 'RATE_LIMITED', message: 'Slow down.' },
    });
  });

  it.each([
    new ModelError('AUTH', 'The key is wrong.'),
    new ModelError('BAD_REQUEST', 'Unknown field.'),
    new ModelError('REFUSED', 'No.'),
    new Error('The reply was stopped.'),
  ])('passes on %s', async (error) => {
    await expect(readMessage(modelFailing(error), rules, incomingMessage('yes'))).rejects.toBe(error);
  });
});

const rules: ReadingFallback = {
  read: () => ({
    intents: ['CONFIRM'],
    target: null,
    change: null,
    isClear: false,
    title: null,
    memory: { agreed: [], withdrawn: [], asked: [], answered: [], preferences: [] },
  }),
};
