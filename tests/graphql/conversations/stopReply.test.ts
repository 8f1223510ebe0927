import { describe, expect, it } from 'vitest';
import { decodeId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { NEED, openConversation, replyEnded, send, talk } from '../../support/conversations.ts';
import { itRefuses } from '../../support/refusals.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });
const FIELDS = '... on StopReplySuccess { reply { id status content cost } }';

describe('stopReply', () => {
  it('closes the provider’s stream, keeps the text written so far and charges it', async () => {
    const ann = await app.register();
    const { messageId } = await replyUnderWay(ann);
    await firstPieceWritten(messageId);
    const { reply: stopped } = await app.mutate<{ reply: { status: string; content: string; cost: string } }>(
      'stopReply',
      { messageId },
      FIELDS,
      ann,
    );
    expect(stopped.status).toBe('CANCELLED');
    expect(stopped.content).toBe('discussion.reply ');
    expect(Number(stopped.cost)).toBeGreaterThan(0);
    expect(model.aborted).toContain('discussion.reply');
  });

  it('leaves the text in the context of the next reply, marked as stopped', async () => {
    const ann = await app.register();
    const { conversationId, messageId } = await replyUnderWay(ann);
    await firstPieceWritten(messageId);
    await app.mutate('stopReply', { messageId }, FIELDS, ann);
    await replyEnded(app, ann, messageId);
    model.hold('discussion.reply')();
    await talk(app, ann, conversationId, 'Where did you stop?');
    const { messages } = model.requests.findLast(({ task }) => task.name === 'discussion.reply')!;
    expect(messages[0]!.content).toContain('You (the person stopped this reply): discussion.reply');
  });

  it('stops a queued reply immediately', async () => {
    const ann = await app.register();
    const { conversationId, messageId, release } = await replyUnderWay(ann);
    const { reply } = await send(app, ann, conversationId, 'And this?', { whenBusy: 'ENQUEUE' });
    const stopped = await app.mutate('stopReply', { messageId: reply!.id }, FIELDS, ann);
    expect(stopped).toMatchObject({ reply: { status: 'CANCELLED' } });
    release();
    expect((await replyEnded(app, ann, messageId)).status).toBe('COMPLETE');
  });

  it('does not change a stopped reply', async () => {
    const ann = await app.register();
    const { messageId, release } = await replyUnderWay(ann);
    await app.mutate('stopReply', { messageId }, FIELDS, ann);
    expect(await app.mutate('stopReply', { messageId }, FIELDS, ann)).toMatchObject({
      reply: { status: 'CANCELLED' },
    });
    release();
  });

  it('returns ConflictError for a completed reply', async () => {
    const ann = await app.register();
    const { id: messageId } = await talk(app, ann, await openConversation(app, ann), NEED);
    expect((await app.mutate('stopReply', { messageId }, FIELDS, ann)).__typename).toBe('ConflictError');
  });

  itRefuses(app, 'stopReply', {
    input: async (owner) => ({ messageId: (await replyUnderWay(owner)).messageId }),
    idField: { name: 'messageId', type: 'Message' },
  });

  async function firstPieceWritten(messageId: string): Promise<void> {
    await eventually(async () => {
      const written = `SELECT FROM events WHERE data->>'messageId' = $1 AND data->>'type' = 'MessageDelta'`;
      return (await app.services.database.sql(written, [decodeId(messageId, 'Message')])).length > 0;
    });
  }

  async function replyUnderWay(account: Account) {
    const conversationId = await openConversation(app, account);
    const release = model.hold('discussion.reply');
    const { reply } = await send(app, account, conversationId, NEED);
    return { conversationId, messageId: reply!.id, release };
  }
});
