import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import {
  NEED,
  openConversation,
  readConversation,
  replyEnded,
  send,
  talk,
} from '../../support/conversations.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });

describe.each(['selectProposal', 'confirmProposal'])('%s', (mutation) => {
  it('returns ConflictError with the reply while it may still change the proposals', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    await talk(app, ann, id, NEED);
    const { proposals } = await readConversation(app, ann, id);
    const release = model.hold('discussion.reply');
    const { reply } = await send(app, ann, id, 'Which one is the cheapest?');
    const refused = await app.mutate(
      mutation,
      { proposalId: proposals[0]!.id },
      '... on ConflictError { current { id } }',
      ann,
    );
    expect(refused).toMatchObject({ __typename: 'ConflictError', current: { id: reply?.id } });
    release();
    await replyEnded(app, ann, reply!.id);
  });
});
