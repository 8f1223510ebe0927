import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { NEED, openConversation, readConversation, talk } from '../../support/conversations.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { offlineTokensPerSecond: 100_000 } });
const FIELDS = `... on SelectProposalSuccess { conversation { stage } }
  ... on ConflictError { current { id } }`;
const CONFIRM_FIELDS = `... on ConfirmProposalSuccess { conversation { stage } }
  ... on IllegalTransitionError { stage allowed }`;

describe('a discussion by text', () => {
  it('turns a request into three proposals with critiques, costs and flowcharts', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    const conversation = await readConversation(app, ann, id);
    expect(conversation).toMatchObject({ stage: 'PRESENT' });
    expect(conversation.title).not.toBe('New conversation');
    expect(conversation.agreedRequirements).not.toEqual([]);
    for (const proposal of conversation.proposals) {
      expect([proposal.source, proposal.critique.source]).toEqual(['MODEL', 'MODEL']);
      expect(proposal.critique.score).toBeGreaterThanOrEqual(1);
      expect(proposal.critique.score).toBeLessThanOrEqual(10);
      expect(Number(proposal.estimatedCost)).toBeGreaterThan(0);
      expect(proposal.design.mermaid).toMatch(/^flowchart/);
    }
  });

  it('asks a question when the request is unclear', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, 'Hello!');
    expect(await readConversation(app, ann, id)).toMatchObject({ stage: 'UNDERSTAND', proposals: [] });
  });

  it('selects and changes a proposal in one message, as its next version', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    const before = await readConversation(app, ann, id);
    await talk(app, ann, id, 'Take the second one, but add a check of the sources.');
    const after = await readConversation(app, ann, id);
    expect(after.stage).toBe('CONFIRM');
    expect(after.proposals[1]).toMatchObject({
      selected: true,
      version: 2,
      strategy: before.proposals[1]!.strategy,
    });
    expect(after.proposals[1]!.changes).not.toEqual([]);
    const { data } = await app.graphql(
      'query ($id: ID!) { node(id: $id) { ... on DesignProposal { version } } }',
      { id: before.proposals[1]!.id },
      ann,
    );
    expect(data).toEqual({ node: { version: 1 } });
  });

  it('adds up the costs of its replies to the cost of the conversation', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    await talk(app, ann, id, 'Which one is the cheapest?');
    const { cost, messages } = await readConversation(app, ann, id);
    const sum = messages.edges.reduce((total, { node }) => total + Math.round(Number(node.cost) * 1e6), 0);
    expect(sum).toBe(Math.round(Number(cost) * 1e6));
    expect(sum).toBeGreaterThan(0);
  });
});

describe('selectProposal', () => {
  it('moves to CONFIRM and marks exactly one proposal', async () => {
    const ann = await app.register();
    const { id, proposals } = await proposed(ann);
    const selected = await app.mutate('selectProposal', { proposalId: proposals[2]!.id }, FIELDS, ann);
    expect(selected).toEqual({
      __typename: 'SelectProposalSuccess',
      conversation: { stage: 'CONFIRM' },
    });
    const after = await readConversation(app, ann, id);
    expect(after.proposals.map((proposal) => proposal.selected)).toEqual([false, false, true]);
  });

  it('returns ConflictError with the newer version for a replaced one', async () => {
    const ann = await app.register();
    const { id, proposals } = await proposed(ann);
    await talk(app, ann, id, 'Change the first one: add a check of the sources.');
    const after = await readConversation(app, ann, id);
    const refused = await app.mutate('selectProposal', { proposalId: proposals[0]!.id }, FIELDS, ann);
    expect(refused).toMatchObject({ __typename: 'ConflictError', current: { id: after.proposals[0]!.id } });
  });

  itRefuses(app, 'selectProposal', {
    input: async (owner) => ({ proposalId: (await proposed(owner)).proposals[0]!.id }),
    idField: { name: 'proposalId', type: 'DesignProposal' },
  });
});

describe('confirmProposal', () => {
  it('moves the selected proposal to PLAN', async () => {
    const ann = await app.register();
    const { proposals } = await proposed(ann);
    const proposalId = proposals[0]!.id;
    await app.mutate('selectProposal', { proposalId }, FIELDS, ann);
    expect(await app.mutate('confirmProposal', { proposalId }, CONFIRM_FIELDS, ann)).toEqual({
      __typename: 'ConfirmProposalSuccess',
      conversation: { stage: 'PLAN' },
    });
  });

  it('returns IllegalTransitionError with the allowed stages when nothing is selected', async () => {
    const ann = await app.register();
    const { proposals } = await proposed(ann);
    const refused = await app.mutate<{ allowed: string[] }>(
      'confirmProposal',
      { proposalId: proposals[0]!.id },
      CONFIRM_FIELDS,
      ann,
    );
    expect(refused).toMatchObject({ __typename: 'IllegalTransitionError', stage: 'PRESENT' });
    expect(refused.allowed).toContain('CONFIRM');
  });

  itRefuses(app, 'confirmProposal', {
    input: async (owner) => ({ proposalId: (await proposed(owner)).proposals[0]!.id }),
    idField: { name: 'proposalId', type: 'DesignProposal' },
  });
});

async function proposed(account: Account) {
  const id = await openConversation(app, account);
  await talk(app, account, id, NEED);
  const { proposals } = await readConversation(app, account, id);
  return { id, proposals };
}
