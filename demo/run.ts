import { setTimeout as sleep } from 'node:timers/promises';
import {
  AgentTokensDocument,
  DecideApprovalDocument,
  ExecutePipelineDocument,
  PipelineProgressDocument,
} from '../tools/product/documents/graphql.ts';
import { type Connection, take } from '../tools/product/api-client.ts';
import { board, plainLine } from './board.ts';
import type { Proposal } from './discussion.ts';
import { questionBox, verdict } from './pictures.ts';
import { type ProgressEvent, RunRecord } from './run-record.ts';
import type { Stage } from './stage.ts';
import { paint } from './terminal.ts';

/** Runs a proposal and watches it to its end, over two connections: the first is cut in the middle of a step. */
export async function run(stage: Stage, proposal: Proposal, request: string): Promise<Run> {
  const { api, terminal, signal } = stage;
  const { executePipeline } = await api.request(ExecutePipelineDocument, {
    input: { source: { proposalId: proposal.id }, request },
  });
  const { id } = take(executePipeline, 'ExecutePipelineSuccess').execution;
  const record = new RunRecord(proposal.design.steps);
  terminal.live(() => board(record, terminal.width));

  const first = api.connect();
  await watch(stage, first, id, record, () => {
    if (isInSecondStep(record)) first.cut();
  });
  if (record.hasEnded) throw new Error('No step was long enough to lose the connection in it.');

  const after = { tokens: record.after('agentTokens'), progress: record.after('pipelineProgress') };
  const where = `in the middle of “${record.writing?.title}”, at seq ${after.tokens}`;
  terminal.say(paint('red', '  ✂'), `The connection is cut ${where}.`);
  await sleep(AWAY_MS, undefined, { signal });
  const cursors = `agentTokens(after: ${after.tokens}) and pipelineProgress(after: ${after.progress})`;
  terminal.say(paint('green', '  ↻'), `${AWAY_MS / 1_000} s later a new one goes on: ${cursors}.`);

  const second = api.connect();
  await watch(stage, second, id, record);
  await second.close();
  terminal.settle({ keep: true });
  const texts = [...record.steps.values()].map(({ text }) => text);
  const pieces = [...record.steps.values()].reduce((sum, step) => sum + step.pieces, 0);
  terminal.say(' ', `${texts.join('').length} characters came in ${pieces} pieces.`, 'dim');
  return { executionId: id, record };
}

/**
 * Follows both streams over one connection, each from the event after the last it has brought, until the run ends or
 * the connection is cut.
 */
async function watch(
  stage: Stage,
  connection: Connection,
  executionId: string,
  record: RunRecord,
  onToken?: () => void,
): Promise<void> {
  const tokens = connection.subscribe(AgentTokensDocument, {
    executionId,
    after: record.after('agentTokens'),
  });
  const progress = connection.subscribe(PipelineProgressDocument, {
    executionId,
    after: record.after('pipelineProgress'),
  });
  const readTokens = async () => {
    for await (const { agentTokens: event } of tokens) {
      record.addToken(event);
      onToken?.();
    }
  };
  const readProgress = async () => {
    for await (const { pipelineProgress: event } of progress) {
      record.addProgress(event);
      await show(stage, record, event);
    }
  };
  await Promise.all([readTokens(), readProgress()]);
}

async function show(stage: Stage, record: RunRecord, event: ProgressEvent): Promise<void> {
  const { terminal } = stage;
  if (event.__typename === 'StepStatusEvent' && !terminal.isInteractive) {
    terminal.print(plainLine(record.step(event.stepKey)));
  }
  if (event.__typename === 'ApprovalRequestedEvent') await approve(stage, record, event.approval);
  if (event.__typename === 'ApprovalDecidedEvent') {
    terminal.print(`  ${verdict(true)} ${event.approval.status}: “${event.approval.comment}”`);
  }
  if (event.__typename === 'ExecutionEndedEvent' && event.execution.status !== 'SUCCEEDED') {
    const { status, error } = event.execution;
    throw new Error(`The run is ${status}. ${error?.code}: ${error?.message}`);
  }
}

async function approve(
  { api, terminal, signal }: Stage,
  record: RunRecord,
  approval: Approval,
): Promise<void> {
  const title = `Approval of “${record.step(approval.stepKey).title}”`;
  terminal.print('', ...questionBox(title, approval.question, terminal.width));
  if (terminal.isInteractive) await sleep(READING_MS, undefined, { signal });
  const { decideApproval } = await api.request(DecideApprovalDocument, {
    input: { approvalId: approval.id, decision: 'APPROVE', comment: 'They do. Write it.' },
  });
  take(decideApproval, 'DecideApprovalSuccess');
}

function isInSecondStep({ steps, writing }: RunRecord): boolean {
  const started = [...steps.values()].filter(({ text }) => text !== '');
  return started.length > 1 && (writing?.text.length ?? 0) >= CUT_AFTER_CHARACTERS;
}

const CUT_AFTER_CHARACTERS = 120;
const AWAY_MS = 300;
const READING_MS = 1_200;

type Approval = Extract<ProgressEvent, { __typename: 'ApprovalRequestedEvent' }>['approval'];

interface Run {
  executionId: string;
  record: RunRecord;
}
