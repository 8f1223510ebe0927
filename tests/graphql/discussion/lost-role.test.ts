import { expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { NEED, openConversation, readMessage, replyEnded, send } from '../../support/conversations.ts';
import { eventually } from '../../support/eventually.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });

it('a reply is refused its next call when its owner may no longer execute', async () => {
  const admin = await app.register();
  const ann = await app.member(admin, 'USER');
  const id = await openConversation(app, ann);
  const release = model.hold('discussion.design');
  const { reply } = await send(app, ann, id, NEED);
  await eventually(() => expect(model.timesCalled('discussion.design')).toBeGreaterThan(0));
  await app.mutate('setUserRole', { userId: ann.session.user.id, role: 'GUEST' }, '', admin);
  release();
  await replyEnded(app, ann, reply!.id);
  expect(await readMessage(app, ann, reply!.id)).toMatchObject({
    status: 'FAILED',
    error: { code: 'FORBIDDEN', message: 'The owner may no longer execute. Ask an ADMIN of the tenant.' },
  });
  expect(model.timesCalled('discussion.critique')).toBe(0);
});
