import { createHash } from 'node:crypto';
import type { Account, TestApp } from './app.ts';
import { eventually } from './eventually.ts';

/** The approval requests of a run with these statuses, oldest first; null: any. */
export async function openRequests(
  app: TestApp,
  account: Account,
  executionId: string,
  statuses: string[] | null = ['PENDING'],
): Promise<Request[]> {
  const { data, errors } = await app.graphql<{ approvalRequests: { edges: { node: Request }[] } }>(
    `query ($filter: ApprovalFilter) { approvalRequests(first: 100, filter: $filter) { edges { node {
       id stepKey status timing round decision comment editedPrompt editedOutput
       subject { title agent prompt inputs { stepKey title output } output hash }
     } } } }`,
    { filter: { executionId, statuses } },
    account,
  );
  if (!data?.approvalRequests) throw new Error(`no requests: ${JSON.stringify(errors)}`);
  return data.approvalRequests.edges.map(({ node }) => node).reverse();
}

/** Waits for the open request about a step. */
export function requestOf(
  app: TestApp,
  account: Account,
  executionId: string,
  stepKey: string,
): Promise<Request> {
  return eventually(
    async () => {
      const found = (await openRequests(app, account, executionId)).find((one) => one.stepKey === stepKey);
      if (!found) throw new Error(`nobody is asked about ${stepKey}`);
      return found;
    },
    { timeoutMs: 15_000, intervalMs: 25 },
  );
}

/** The hash that a client computes from what it has read: SHA-256 of canonical JSON (RFC 8785). */
export function hashOfSubject({ title, agent, prompt, inputs, output }: Request['subject']): string {
  const text = canonical({ title, agent, prompt, inputs, output });
  return createHash('sha256').update(text).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`).join(',')}}`;
}

/** Decides about what was read: with its hash. */
export function decideOn(
  app: TestApp,
  account: Account,
  { id, subject }: Pick<Request, 'id' | 'subject'>,
  decision: 'APPROVE' | 'REJECT' | 'REVISE',
  more: object = {},
): Promise<DecisionResult> {
  return app.mutate<DecisionResult>(
    'decideApproval',
    { approvalId: id, decision, subjectHash: subject.hash, ...more },
    `... on DecideApprovalSuccess { approval { id status comment } }
     ... on AlreadyDecidedError { approval { id status comment } }
     ... on ConflictError { reason current { id } }
     ... on ValidationError { issues { code path } }`,
    account,
  );
}

export interface Request {
  id: string;
  stepKey: string;
  status: string;
  timing: string;
  round: number;
  decision: string | null;
  comment: string | null;
  editedPrompt: string | null;
  editedOutput: string | null;
  subject: {
    title: string;
    agent: string;
    prompt: string | null;
    inputs: { stepKey: string; title: string; output: string }[];
    output: string | null;
    hash: string;
  };
}

export interface DecisionResult {
  __typename: string;
  message?: string;
  reason?: string;
  current?: { id: string };
  issues?: { code: string; path: string[] }[];
  approval?: { id: string; status: string; comment: string | null };
}
