import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { NEED, openConversation, readConversation, send, talk } from '../../support/conversations.ts';

const app = testApp({ config: { offlineTokensPerSecond: 100_000 } });

describe('conversationEvents', () => {
  it('streams both messages, the engine’s activities, each proposal and the memory before the reply ends', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    const { reply } = await send(app, ann, id, NEED);
    const events = await readUntil(ann, id, 'MessageCompletedEvent');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.slice(0, 2)).toMatchObject([
      { __typename: 'MessageAddedEvent', message: { role: 'USER', content: NEED } },
      { __typename: 'MessageAddedEvent', message: { role: 'ASSISTANT', id: reply!.id } },
    ]);

    const progress = events.filter(({ __typename }) => __typename === 'ReplyProgressEvent');
    expect(progress).toMatchObject([
      { messageId: reply!.id, activity: 'READING', strategy: null },
      ...['DESIGNING', 'CRITIQUING'].flatMap((activity) =>
        ['SPEED', 'QUALITY', 'BALANCED'].map((strategy) => ({ activity, strategy })),
      ),
      { activity: 'WRITING', strategy: null },
    ]);

    const { proposals, agreedRequirements } = await readConversation(app, ann, id);
    const ready = events.filter(({ __typename }) => __typename === 'ProposalReadyEvent');
    expect(ready.map(({ proposal }) => proposal!.id).toSorted()).toEqual(
      proposals.map((proposal) => proposal.id).toSorted(),
    );
    const changed = events.filter(({ __typename }) => __typename === 'ConversationChangedEvent');
    expect(changed).toMatchObject([{ conversation: { id, agreedRequirements } }]);
  });

  it('streams a change of title and of the selection', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await app.mutate('renameConversation', { conversationId: id, title: 'Bikes' }, '__typename', ann);
    const [renamed] = await readUntil(ann, id, 'ConversationChangedEvent');
    expect(renamed).toMatchObject({ seq: 1, conversation: { title: 'Bikes' } });

    await send(app, ann, id, NEED);
    const { seq: after } = (await readUntil(ann, id, 'MessageCompletedEvent')).at(-1)!;
    const { proposals } = await readConversation(app, ann, id);
    await app.mutate('selectProposal', { proposalId: proposals[0]!.id }, '__typename', ann);
    const [selected] = await readUntil(ann, id, 'ConversationChangedEvent', after);
    expect(selected!.conversation!.proposals.map((proposal) => proposal.selected)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has no event for a title or a selection that stays the same', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    const { proposals } = await readConversation(app, ann, id);
    const change = async () => {
      await app.mutate('renameConversation', { conversationId: id, title: 'Bikes' }, '__typename', ann);
      await app.mutate('selectProposal', { proposalId: proposals[0]!.id }, '__typename', ann);
      return readPage(ann, id, 0, 1000);
    };
    const changed = await change();
    expect(await change()).toEqual(changed);
  });

  it('can be read page by page', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await send(app, ann, id, NEED);
    const events = await readUntil(ann, id, 'MessageCompletedEvent');
    const page = await readPage(ann, id, 1, 3);
    expect(page).toEqual({
      nodes: events.slice(1, 4).map(({ __typename, seq }) => ({ __typename, seq })),
      firstSeq: 1,
      lastSeq: events.length,
      hasMore: true,
    });
    expect(await readPage(ann, id, events.length, 3)).toMatchObject({ nodes: [], hasMore: false });
  });

  it('refuses a page of another size than 1 to 1000, and a cursor that is not in the log', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    for (const [after, first, reason] of [
      [0, 0, '`first` must be between 1 and 1000, but is 0.'],
      [0, -5, '`first` must be between 1 and 1000, but is -5.'],
      [0, 1001, '`first` must be between 1 and 1000, but is 1001.'],
      [-1, 10, 'after: -1 is not in this log, whose newest event is 0.'],
      [1, 10, 'after: 1 is not in this log, whose newest event is 0.'],
    ] as const) {
      const { errors } = await queryPage(ann, id, after, first);
      expect(errors?.[0]?.extensions?.['code'], reason).toBe('BAD_USER_INPUT');
      expect(errors?.[0]?.message).toContain(reason);
    }
  });
});

async function readUntil(account: Account, id: string, type: string, after = 0): Promise<Event[]> {
  const query = `subscription ($id: ID!, $after: Int) { conversationEvents(conversationId: $id, after: $after) {
    __typename ... on StreamEvent { seq }
    ... on MessageAddedEvent { message { id role content } }
    ... on ReplyProgressEvent { messageId activity strategy }
    ... on ProposalReadyEvent { proposal { id } }
    ... on ConversationChangedEvent { conversation { id title agreedRequirements proposals { selected } } }
  } }`;
  const events: Event[] = [];
  for await (const { data, errors } of app.events(query, { id, after }, account)) {
    expect(errors).toBeUndefined();
    const event = (data as { conversationEvents: Event }).conversationEvents;
    events.push(event);
    if (event.__typename === type) break;
  }
  return events;
}

async function readPage(account: Account, id: string, after: number, first: number): Promise<unknown> {
  return (await queryPage(account, id, after, first)).data?.conversation.events;
}

function queryPage(account: Account, id: string, after: number, first: number) {
  return app.graphql<{ conversation: { events: unknown } }>(
    `query ($id: ID!, $after: Int!, $first: Int!) { conversation(id: $id) {
      events(after: $after, first: $first) { nodes { __typename seq } firstSeq lastSeq hasMore } } }`,
    { id, after, first },
    account,
  );
}

interface Event {
  __typename: string;
  seq: number;
  proposal?: { id: string };
  conversation?: { proposals: { selected: boolean }[] };
}
