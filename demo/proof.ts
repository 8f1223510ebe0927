import {
  ExecutionDocument,
  ExecutionEventPageDocument,
  type ExecutionEventPageQuery,
} from '../tools/product/documents/graphql.ts';
import type { ApiClient } from '../tools/product/api-client.ts';
import type { RunRecord, Stream } from './run-record.ts';

/**
 * Compares what the streams brought, over all connections, with the run's log and with the stored texts: each event
 * that a stream shows must have come over it once and in order, and the pieces of a step must join to its output.
 */
export async function prove(api: ApiClient, executionId: string, record: RunRecord): Promise<Proof> {
  const log = await readLog(api, executionId);
  const { execution } = await api.request(ExecutionDocument, { id: executionId });
  const outputs = new Map(execution?.steps.map(({ key, output }) => [key, output]));
  const streams = (Object.keys(SHOWN) as Stream[]).map((stream) =>
    compare(
      log.filter(({ __typename }) => SHOWN[stream].includes(__typename)).map(({ seq }) => seq),
      record.received[stream],
    ),
  );
  const written = [...record.steps.values()].filter(({ text }) => text !== '');
  return {
    events: log.length,
    missing: sum(streams.map(({ missing }) => missing)) + ((log.at(-1)?.seq ?? 0) - log.length),
    doubled: sum(streams.map(({ doubled }) => doubled)),
    texts: written.length,
    equalTexts: written.filter(({ key, text }) => text === outputs.get(key)).length,
  };
}

export function holds({ events, missing, doubled, texts, equalTexts }: Proof): boolean {
  return events > 0 && missing === 0 && doubled === 0 && texts > 0 && equalTexts === texts;
}

/** The whole log, page by page. */
async function readLog(api: ApiClient, id: string): Promise<LogEvent[]> {
  const log: LogEvent[] = [];
  for (;;) {
    const after = log.at(-1)?.seq ?? 0;
    const { execution } = await api.request(ExecutionEventPageDocument, { id, after, first: PAGE_EVENTS });
    log.push(...(execution?.events.nodes ?? []));
    if (!execution?.events.hasMore) return log;
  }
}

/** An event that comes when a later one has been there counts as doubled: the cursor went back. */
function compare(expected: number[], received: number[]): { missing: number; doubled: number } {
  const seen = new Set(received);
  let doubled = 0;
  let latest = 0;
  for (const seq of received) {
    if (seq <= latest) doubled += 1;
    latest = Math.max(latest, seq);
  }
  return { missing: expected.filter((seq) => !seen.has(seq)).length, doubled };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** Together they show every event of the log. */
const SHOWN: Record<Stream, LogEvent['__typename'][]> = {
  agentTokens: ['AgentTokenEvent', 'AttemptDiscardedEvent', 'ExecutionEndedEvent'],
  pipelineProgress: [
    'ExecutionStatusEvent',
    'StepStatusEvent',
    'ApprovalRequestedEvent',
    'ApprovalDecidedEvent',
    'ExecutionEndedEvent',
  ],
};

const PAGE_EVENTS = 100;

type LogEvent = NonNullable<ExecutionEventPageQuery['execution']>['events']['nodes'][number];

export interface Proof {
  events: number;
  missing: number;
  doubled: number;
  texts: number;
  equalTexts: number;
}
