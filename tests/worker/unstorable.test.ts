import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { google } from '../../src/core/llm/providers/google.ts';
import { ModelRouter } from '../../src/core/llm/model-router.ts';
import { decodeId } from '../../src/schema-kit/global-id.ts';
import { testApp } from '../support/app.ts';
import { NEED, openConversation, talk } from '../support/conversations.ts';
import { design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { ScriptedModel, routerOf } from '../support/scripted-model.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';

const provider = await new ScriptedProvider().start();
const client = google.create({ apiKey: 'key', baseUrl: provider.url });
const router = new ModelRouter({ clients: new Map([['GOOGLE', client]]), defaultProvider: 'GOOGLE' });

describe('text from a provider that no database stores', () => {
  beforeAll(() => {
    provider.answer = (response, { body }) => {
      const asked = [...answers.keys()].find((key) => body.includes(`Title: ${key}`)) ?? 'else';
      const events = answers.get(asked)!.map((text) => event({ content: { parts: [{ text }] } }));
      sendEvents(response, ...events, event({ finishReason: 'STOP' })).end();
    };
  });
  afterAll(() => provider.stop());
  const answers = new Map<string, string[]>();
  const app = testApp({ router });

  it.each([
    ['an emoji after 499 characters', [`${'x'.repeat(499)}😀 and more`], `${'x'.repeat(499)}😀 and more`],
    ['an emoji across two pieces', ['a\ud83d', '\ude00b'], 'a😀b'],
    ['half an emoji at the end', ['a', 'b\ud83d'], 'ab\uFFFD'],
    ['the second half alone', ['\ude00', 'b'], '\uFFFDb'],
    ['NUL', ['a\0', '\0b'], 'a\uFFFD\uFFFDb'],
  ])('is kept whole in a run, also in its approval: %s', async (_what, pieces, output) => {
    answers.clear();
    answers.set('first', pieces).set('second', ['Done.']);
    const ann = await app.register();
    const approval = { onReject: 'FAIL' } as const;
    const steps = design({ key: 'first' }, { key: 'second', dependsOn: ['first'], approval });
    const id = await startRun(app, ann, steps);
    const run = await runWhen(app, ann, id, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    expect(run.steps[0]!.output).toBe(output);
    const sql = `SELECT subject->'inputs'->0->>'output' AS output FROM approval_requests WHERE id = $1`;
    const [row] = await app.services.database.sql<{ output: string }>(sql, [
      decodeId(run.approvals[0]!.id, 'ApprovalRequest'),
    ]);
    expect(row).toEqual({ output });
  });

  it('is kept in a reply', async () => {
    answers.clear();
    answers.set('else', ['Half \ud83d', ' and \0 and \ud83d', '\ude00.']);
    const ann = await app.register();
    const reply = await talk(app, ann, await openConversation(app, ann), NEED);
    expect(reply).toMatchObject({ status: 'COMPLETE', content: 'Half \uFFFD and \uFFFD and 😀.' });
  });
});

describe('a result that the database refuses', () => {
  const model = new ScriptedModel();
  const app = testApp({ router: routerOf(model) });

  it.each([
    ['step_executions', `NEW.output LIKE '%poison%'`, 'only'],
    ['ledger_entries', 'NEW.output_tokens = 3', 'only'],
    ['approval_requests', `NEW.step_key = 'second'`, 'first'],
  ])('ends the run after one try: %s', async (table, condition, asked) => {
    await refuse(table, condition);
    const ann = await app.register();
    const approval = { onReject: 'FAIL' } as const;
    const steps =
      asked === 'only'
        ? design({ key: 'only' })
        : design({ key: 'first' }, { key: 'second', dependsOn: ['first'], approval });
    model.answer(asked, 'poison of three');
    const before = model.timesCalled(asked);
    const run = await runWhen(app, ann, await startRun(app, ann, steps), hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_OUTPUT' } });
    expect(run.error!.message).toMatch(/cannot be stored.*22P05/);
    expect(model.timesCalled(asked)).toBe(before + 1);
  });

  it('ends the reply after one try', async () => {
    await refuse('messages', `NEW.content LIKE '%poison%'`);
    model.answer('discussion.reply', 'poison of three');
    const ann = await app.register();
    const reply = await talk(app, ann, await openConversation(app, ann), NEED);
    expect(reply).toMatchObject({ status: 'FAILED', content: '', error: { code: 'INVALID_OUTPUT' } });
    expect(model.timesCalled('discussion.reply')).toBe(1);
  });

  /** From now on the database refuses such rows as it refuses text that it cannot encode. */
  async function refuse(table: string, condition: string): Promise<void> {
    const { sql } = app.services.database;
    await sql(`CREATE OR REPLACE FUNCTION refuse_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF ${condition} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '22P05'; END IF; RETURN NEW; END $$`);
    await sql(`CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ${table}
      FOR EACH ROW EXECUTE FUNCTION refuse_${table}()`);
  }
});

function event(candidate: object): string {
  const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 10 };
  return `data: ${JSON.stringify({ candidates: [candidate], usageMetadata })}\n\n`;
}
