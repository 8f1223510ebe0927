import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { openConversation } from '../../support/conversations.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp();
const FIELDS =
  '... on RenameConversationSuccess { conversation { id title } } ... on ValidationError { issues { path } }';

describe('renameConversation', () => {
  it('changes the title of the conversation', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    const renamed = await app.mutate(
      'renameConversation',
      { conversationId: id, title: '  Bikes  ' },
      FIELDS,
      ann,
    );
    expect(renamed).toEqual({
      __typename: 'RenameConversationSuccess',
      conversation: { id, title: 'Bikes' },
    });
  });

  it('rejects a title that is blank or too long', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    for (const title of ['   ', 'x'.repeat(201)]) {
      const refused = await app.mutate('renameConversation', { conversationId: id, title }, FIELDS, ann);
      expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['title'] }] });
    }
  });

  itRefuses(app, 'renameConversation', {
    input: async (owner) => ({ conversationId: await openConversation(app, owner), title: 'Another' }),
    idField: { name: 'conversationId', type: 'Conversation' },
  });
});
