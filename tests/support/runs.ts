import type { Notice } from '../../src/kernel/notice.ts';
import type { Account, TestApp } from './app.ts';
import { eventually } from './eventually.ts';

/** A step of a design as API input, or only its key for a default step. */
export function design(...steps: (Partial<StepInput> & { key: string })[]) {
  return {
    steps: steps.map((step) => ({
      agent: 'CUSTOM',
      title: step.key,
      prompt: `Write about ${step.key}.`,
      ...step,
    })),
  };
}

/** Starts a run of an inline design and returns its id. */
export async function startRun(
  app: TestApp,
  account: Account,
  steps: ReturnType<typeof design>,
  extra: object = {},
) {
  const source = { design: steps };
  const input = { source, request: 'Ten lines about rain', ...extra };
  const run = await app.mutate<{ __typename: string; execution?: { id: string }; message?: string }>(
    'executePipeline',
    input,
    '... on ExecutePipelineSuccess { execution { id } } ... on ValidationError { issues { path message } }',
    account,
  );
  if (!run.execution) throw new Error(`the run did not start: ${JSON.stringify(run)}`);
  return run.execution.id;
}

export async function readRun(app: TestApp, account: Account, id: string): Promise<Run> {
  const { data, errors } = await app.graphql<{ execution: Run }>(
    `query ($id: ID!) { execution(id: $id) {
      id status progress report cost error { code message stepKey }
      steps { key status attempts output cost usage { inputTokens outputTokens } }
      approvals { id stepKey status question }
      notices { code message stepKey source }
    } }`,
    { id },
    account,
  );
  if (!data?.execution) throw new Error(`no run: ${JSON.stringify(errors)}`);
  return data.execution;
}

/** Waits until the run satisfies `check`. */
export function runWhen(
  app: TestApp,
  account: Account,
  id: string,
  check: (run: Run) => boolean,
): Promise<Run> {
  return eventually(
    async () => {
      const run = await readRun(app, account, id);
      if (!check(run)) throw new Error(`not yet: ${JSON.stringify(run)}`);
      return run;
    },
    { timeoutMs: 15_000, intervalMs: 25 },
  );
}

/** The step with this key. */
export function statusOf(run: Run, key: string): string | undefined {
  return run.steps.find((step) => step.key === key)?.status;
}

export const hasEnded = (run: Run) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(run.status);

/** All events of a run's log, page by page. */
export async function readLog(app: TestApp, account: Account, id: string): Promise<LogEntry[]> {
  const log: LogEntry[] = [];
  for (;;) {
    const { data, errors } = await app.graphql<{ execution: { events: LogPage } }>(
      READ_LOG,
      { id, after: log.length },
      account,
    );
    if (!data?.execution) throw new Error(`no log: ${JSON.stringify(errors)}`);
    const { nodes, hasMore } = data.execution.events;
    log.push(...nodes);
    if (!hasMore) return log;
    if (nodes.length === 0) throw new Error('an empty page promises more');
  }
}

const READ_LOG = `query ($id: ID!, $after: Int!) { execution(id: $id) { events(after: $after, first: 1000) {
  hasMore
  nodes {
    __typename seq
    ... on AgentTokenEvent { stepKey attempt offset text }
    ... on AttemptDiscardedEvent { stepKey attempt reason }
    ... on StepStatusEvent { stepKey stepStatus attempt statusReason }
    ... on ExecutionStatusEvent { executionStatus }
  }
} } }`;

interface LogPage {
  hasMore: boolean;
  nodes: LogEntry[];
}

export async function decide(
  app: TestApp,
  account: Account,
  id: string,
  decision: 'APPROVE' | 'REJECT',
  more = {},
) {
  return app.mutate<{
    __typename: string;
    message?: string;
    approval?: { id: string; status: string; comment: string | null };
  }>(
    'decideApproval',
    { approvalId: id, decision, ...more },
    `... on DecideApprovalSuccess { approval { id status comment } }
     ... on AlreadyDecidedError { approval { id status comment } }`,
    account,
  );
}

export interface Run {
  id: string;
  status: string;
  progress: number;
  report: string | null;
  cost: string;
  error: { code: string; message: string; stepKey: string | null } | null;
  steps: {
    key: string;
    status: string;
    attempts: number;
    output: string | null;
    cost: string;
    usage: { inputTokens: number; outputTokens: number };
  }[];
  approvals: { id: string; stepKey: string; status: string; question: string }[];
  notices: Notice[];
}

export interface LogEntry {
  __typename: string;
  seq: number;
  stepKey?: string;
  attempt?: number;
  offset?: number;
  text?: string;
  executionStatus?: string;
  stepStatus?: string;
  statusReason?: string | null;
}

interface StepInput {
  agent: string;
  title: string;
  prompt: string;
  dependsOn: string[];
  approval: {
    timing?: 'BEFORE_STEP' | 'AFTER_STEP';
    question?: string;
    timeoutSeconds?: number;
    onReject?: 'FAIL' | 'SKIP';
  } | null;
  maxOutputTokens: number;
  provider: string;
  model: string;
}
