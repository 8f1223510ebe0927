import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/**
 * Gives each event of a run once and in order, over as many connections as it takes, and returns after
 * ExecutionEndedEvent. Store an event's `seq` with what you made of it: `after` continues there, in any process.
 * Throws what another attempt cannot change.
 */
export async function* followRun({ url, executionId, accessToken, after = 0 }: FollowOptions) {
  let refused: string | null = null;
  for (let failures = 0; ; failures += 1) {
    if (failures > 0) await sleep(Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures));
    const token = await accessToken(refused);
    const client = connect(url, token);
    try {
      for await (const { data, errors } of client.iterate<{ event: RunEvent }>({
        query: QUERY,
        variables: { executionId, after },
      })) {
        if (!data) throw errors;
        failures = 0;
        after = data.event.seq;
        yield data.event;
        if (data.event.__typename === 'ExecutionEndedEvent') return; // the only end: a closed socket is none
      }
    } catch (problem) {
      const code = codeOf(problem);
      if (FINAL.has(code) || (SIGN_IN_AGAIN.has(code) && token === refused)) throw problem;
      refused = SIGN_IN_AGAIN.has(code) ? token : null;
    } finally {
      await client.dispose();
    }
  }
}

/** One connection, which ends when the server is silent. Its own retries are off: they would repeat the old cursor. */
function connect(url: string, token: string) {
  let deadline: NodeJS.Timeout | undefined;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: 0,
    connectionAckWaitTimeout: 10_000,
    keepAlive: 10_000,
    on: {
      ping: (isFromServer) => {
        if (!isFromServer) deadline = setTimeout(() => client.terminate(), 5_000);
      },
      pong: () => clearTimeout(deadline),
      closed: () => clearTimeout(deadline),
    },
  });
  return client;
}

/** The code of a GraphQL error, or the one with which the socket was closed. */
function codeOf(problem: unknown): string | number | undefined {
  if (Array.isArray(problem)) return (problem[0] as { extensions?: { code?: string } }).extensions?.code;
  return (problem as { code?: number } | null)?.code;
}

/** The same request will always fail so. Everything else, e.g. SERVICE_UNAVAILABLE, 1006 and 1012, is tried again. */
const FINAL = new Set<unknown>([
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'QUERY_TOO_COMPLEX',
  'RESPONSE_TOO_LARGE',
  4400,
  4406,
]);

const SIGN_IN_AGAIN = new Set<unknown>(['UNAUTHENTICATED', 4401, 4403]);

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 20_000;

const QUERY = /* GraphQL */ `
  subscription ($executionId: ID!, $after: Int) {
    event: executionEvents(executionId: $executionId, after: $after) {
      __typename
      ... on StreamEvent {
        seq
      }
      ... on AgentTokenEvent {
        stepKey
        attempt
        offset
        text
      }
      ... on AttemptDiscardedEvent {
        stepKey
        attempt
        reason
      }
      ... on StepStatusEvent {
        stepKey
        stepStatus
      }
      ... on ExecutionEndedEvent {
        execution {
          status
          report
          cost
        }
      }
    }
  }
`;

export interface FollowOptions {
  /** `wss://…/graphql` */
  url: string;
  executionId: string;
  /** The access token to connect with; `refused` is one that the server no longer accepts: refresh it. */
  accessToken: (refused: string | null) => Promise<string>;
  /** The seq of the last event that you have. */
  after?: number;
}

export interface RunEvent {
  __typename: string;
  seq: number;
  stepKey?: string;
  attempt?: number;
  /** Where `text` begins in the output of the step. */
  offset?: number;
  text?: string;
  execution?: { status: string; report: string | null; cost: string };
}
