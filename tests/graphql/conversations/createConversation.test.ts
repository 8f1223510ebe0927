import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp();
const FIELDS =
  '... on CreateConversationSuccess { conversation { id title stage cost } } ... on ValidationError { issues { path } }';

describe('createConversation', () => {
  it('creates a conversation in stage UNDERSTAND without cost', async () => {
    const ann = await app.register();
    const made = await app.mutate('createConversation', { title: 'Cargo bikes' }, FIELDS, ann);
    expect(made).toMatchObject({
      __typename: 'CreateConversationSuccess',
      conversation: { title: 'Cargo bikes', stage: 'UNDERSTAND', cost: '0' },
    });
  });

  it('reports the path of each invalid field', async () => {
    const ann = await app.register();
    const context = { text: 'x'.repeat(20_000) };
    const refused = await app.mutate('createConversation', { title: '  ', context }, FIELDS, ann);
    expect(refused).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['title'] }, { path: ['context'] }],
    });
  });

  it('returns the same conversation for the same idempotencyKey, also for concurrent requests', async () => {
    const ann = await app.register();
    const input = { title: 'Once', idempotencyKey: 'a-key' };
    const made = await Promise.all(
      Array.from({ length: 5 }, () => app.mutate<Created>('createConversation', input, FIELDS, ann)),
    );
    expect(new Set(made.map(({ conversation }) => conversation.id)).size).toBe(1);
  });

  it('returns ConflictError for the same idempotencyKey with different input', async () => {
    const ann = await app.register();
    await app.mutate('createConversation', { title: 'One', idempotencyKey: 'k' }, FIELDS, ann);
    const refused = await app.mutate(
      'createConversation',
      { title: 'Two', idempotencyKey: 'k' },
      FIELDS,
      ann,
    );
    expect(refused.__typename).toBe('ConflictError');
  });

  it('separates the idempotency keys of different users', async () => {
    const [ann, bob] = [await app.register(), await app.register()];
    const input = { title: 'Mine', idempotencyKey: 'shared' };
    const [first, second] = [
      await app.mutate<Created>('createConversation', input, FIELDS, ann),
      await app.mutate<Created>('createConversation', input, FIELDS, bob),
    ];
    expect(first.conversation.id).not.toBe(second.conversation.id);
  });

  itRefuses(app, 'createConversation', { input: async () => ({ title: 'Any' }) });
});

interface Created {
  conversation: { id: string };
}
