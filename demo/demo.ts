/**
 * One job from the first sentence to the bill, against the product as it is delivered: the server is a process of its
 * own, and everything here goes through its API. `npm run demo -- <url>` tells the story to a server that runs already.
 */
import { randomUUID } from 'node:crypto';
import {
  ConfirmProposalDocument,
  ConversationDocument,
  CreateConversationDocument,
  ExecutionDocument,
  RegisterDocument,
  SelectProposalDocument,
  UsageTodayDocument,
} from '../tools/product/documents/graphql.ts';
import { take } from '../tools/product/api-client.ts';
import { Discussion, type Proposal } from './discussion.ts';
import { printMarkdown } from './markdown-writer.ts';
import { areEqual, stepTable, sumsOf, sumTable } from './money.ts';
import { proposalLines, verdict } from './pictures.ts';
import { holds, prove } from './proof.ts';
import type { RunRecord } from './run-record.ts';
import { run } from './run.ts';
import { perform, type Stage } from './stage.ts';
import { paint } from './terminal.ts';

const NEED = 'I need a weekly market report about electric cargo bikes for city logistics teams.';
const INSISTENCE = 'Decide the open points as you think best, and show me the designs.';
const OBJECTION = 'Take the balanced one, but add a check of the sources.';
const TASK = 'Electric cargo bikes for deliveries in German cities, this week';

async function tell(stage: Stage): Promise<void> {
  const conversationId = await arrive(stage);
  const proposal = await discuss(stage, conversationId);

  stage.terminal.chapter('The run, with a connection that is lost on the way');
  const { executionId, record } = await run(stage, proposal, TASK);

  await compare(stage, executionId, record);
  await read(stage, executionId);
  await settle(stage, conversationId, executionId);
}

async function arrive({ api, terminal }: Stage): Promise<string> {
  terminal.chapter('An account and a conversation');
  const { register } = await api.request(RegisterDocument, {
    input: { email: `${randomUUID()}@example.com`, password: randomUUID(), displayName: 'Ada' },
  });
  const { accessToken, user } = take(register, 'RegisterSuccess').session;
  api.accessToken = accessToken;
  const { createConversation } = await api.request(CreateConversationDocument, { input: {} });
  const { id, stage } = take(createConversation, 'CreateConversationSuccess').conversation;
  terminal.print(`  ${user.displayName} is in, on the plan ${user.plan}. The discussion begins at ${stage}.`);
  return id;
}

async function discuss({ api, terminal }: Stage, conversationId: string): Promise<Proposal> {
  terminal.chapter('A need, and the reply token by token');
  const connection = api.connect();
  const discussion = new Discussion(api, connection, terminal, conversationId);
  let proposals = await discussion.say(NEED);
  if (proposals.length === 0) proposals = await discussion.say(INSISTENCE); // a real model may ask back first

  terminal.chapter('Three proposals, each with its critique');
  for (const proposal of proposals) terminal.print(...proposalLines(proposal, terminal.width), '');
  const best = proposals.toSorted((one, other) => scoreOf(other) - scoreOf(one))[0];
  if (!best) throw new Error('The reply came without proposals.');
  terminal.print(`  The best of them, ${best.strategy}, as a Mermaid flowchart:`, '');
  terminal.print(
    ...best.design.mermaid
      .trimEnd()
      .split('\n')
      .map((line) => paint('cyan', `    ${line}`)),
  );

  terminal.chapter('One turn of debate, in plain words');
  const refined = await discussion.say(OBJECTION);
  await connection.close();

  terminal.chapter('Select and confirm');
  const proposal = refined.find(({ selected }) => selected) ?? best;
  const input = { proposalId: proposal.id };
  const { selectProposal } = await api.request(SelectProposalDocument, { input });
  const { confirmProposal } = await api.request(ConfirmProposalDocument, { input });
  const { conversation: selected } = take(selectProposal, 'SelectProposalSuccess');
  const { conversation: confirmed } = take(confirmProposal, 'ConfirmProposalSuccess');
  terminal.print(
    `  ${proposal.strategy}, version ${proposal.version}: ${selected.stage} → ${confirmed.stage}`,
  );
  return proposal;
}

function scoreOf({ critique }: Proposal): number {
  return critique?.score ?? 0;
}

async function compare({ api, terminal }: Stage, executionId: string, record: RunRecord): Promise<void> {
  terminal.chapter('Nothing is missing, nothing came twice');
  const proof = await prove(api, executionId, record);
  const { events, missing, doubled, equalTexts, texts } = proof;
  const finding = `${events} events, ${missing} missing, ${doubled} doubled, ${equalTexts} of ${texts} texts equal`;
  terminal.print(`  ${verdict(holds(proof))} ${finding}`);
  terminal.say('   ', 'Both connections together, against the run’s log and the stored outputs', 'dim');
  if (!holds(proof)) throw new Error('The streams did not bring what the log holds.');
}

async function read({ api, terminal }: Stage, executionId: string): Promise<void> {
  terminal.chapter('The report');
  const { execution } = await api.request(ExecutionDocument, { id: executionId });
  if (!execution?.report) throw new Error('The run has no report.');
  const lines = execution.report.trim().split('\n');
  printMarkdown(terminal, lines.slice(0, REPORT_LINES).join('\n'));
  const rest = Math.max(0, lines.length - REPORT_LINES);
  terminal.print('', paint('dim', `    … and ${rest} more lines of Markdown`));
}

async function settle({ api, terminal }: Stage, conversationId: string, executionId: string): Promise<void> {
  terminal.chapter('What it cost');
  const { execution } = await api.request(ExecutionDocument, { id: executionId });
  const { conversation } = await api.request(ConversationDocument, { id: conversationId });
  const { usageToday: today } = await api.request(UsageTodayDocument, {});
  if (!execution || !conversation) throw new Error('The run or its conversation is gone.');
  const sums = sumsOf({ conversation, execution, today: today! });
  terminal.print(...stepTable(execution.steps, terminal.width), '', ...sumTable(sums), '');
  const finding = areEqual(sums) ? 'equal to the micro-dollar' : 'not equal';
  terminal.print(`  ${verdict(areEqual(sums))} steps = run, messages = conversation, both = day: ${finding}`);
  if (!areEqual(sums)) throw new Error('The sums differ.');
}

/** A report is shown by its head. */
const REPORT_LINES = 12;

const [ownUrl] = process.argv.slice(2);
await perform(tell, ownUrl);
