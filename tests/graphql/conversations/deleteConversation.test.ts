import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { NEED, openConversation, talk } from '../../support/conversations.ts';
import { itRefuses } from '../../support/refusals.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });

describe('deleteConversation', () => {
  it('deletes messages, proposals and events, and keeps the costs', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    const before = await spentToday(ann.token);
    const deleted = await app.mutate(
      'deleteConversation',
      { conversationId: id },
      '... on DeleteConversationSuccess { deletedId }',
      ann,
    );
    expect(deleted).toEqual({ __typename: 'DeleteConversationSuccess', deletedId: id });

    const { data } = await app.graphql(
      'query ($id: ID!) { conversation(id: $id) { id } node(id: $id) { id } }',
      { id },
      ann,
    );
    expect(data).toEqual({ conversation: null, node: null });
    expect(Number(before)).toBeGreaterThan(0);
    expect(await spentToday(ann.token)).toBe(before);
    const { sql } = app.services.database;
    expect(await sql(`SELECT 1 FROM events WHERE data->>'text' IS NOT NULL`)).toEqual([]);
  });

  itRefuses(app, 'deleteConversation', {
    input: async (owner) => ({ conversationId: await openConversation(app, owner) }),
    idField: { name: 'conversationId', type: 'Conversation' },
  });

  async function spentToday(token: string): Promise<string> {
    const { data } = await app.graphql<{ usageToday: { cost: string } }>(
      '{ usageToday { cost } }',
      {},
      { token },
    );
    return data!.usageToday.cost;
  }
});
