import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from 'graphql-ws';
import { createKey } from '../support/api-keys.ts';
import type { Account, TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { testInstances } from '../support/instances.ts';
import { design, hasEnded, readLog, runWhen, startRun } from '../support/runs.ts';
import { readEvents } from '../support/sse.ts';

const QUIET = 'subscription { approvalEvents(after: 0) { __typename } }';
const EVENTS = `subscription ($id: ID!, $after: Int) {
  executionEvents(executionId: $id, after: $after) { __typename ... on StreamEvent { seq } }
}`;

/** How access ends for accounts of `app`, with what their connections are told. */
async function endsOfAccess(app: TestApp): Promise<EndOfAccess[]> {
  const admin = await app.register();
  const [signedOut, deleted, elsewhere] = [await app.register(), await app.register(), await app.register()];
  const [lowered, removed] = [await app.member(admin, 'USER'), await app.member(admin, 'USER')];
  const { email, password } = elsewhere;
  const other = await app.signIn('login', { email, password });
  const key = await createKey(app, admin);
  const idOf = ({ session }: Account) => session.user.id;
  const revoked = { message: 'Signed out', reason: 'REVOKED' };
  return [
    {
      ...revoked,
      token: signedOut.token,
      end: () => app.mutate('logout', { refreshToken: signedOut.session.refreshToken }),
    },
    {
      ...revoked,
      token: other.accessToken,
      end: () =>
        app.mutate(
          'changePassword',
          { currentPassword: password, newPassword: 'another horse' },
          '',
          elsewhere,
        ),
    },
    {
      message: 'API key revoked',
      reason: 'REVOKED',
      token: key.token,
      end: () => app.mutate('revokeApiKey', { apiKeyId: key.id }, '', admin),
    },
    {
      message: 'Role changed',
      reason: 'EXPIRED',
      token: lowered.token,
      end: () => app.mutate('setUserRole', { userId: idOf(lowered), role: 'GUEST' }, '', admin),
    },
    {
      ...revoked,
      token: removed.token,
      end: () => app.mutate('removeUser', { userId: idOf(removed) }, '', admin),
    },
    {
      ...revoked,
      token: deleted.token,
      end: () => app.mutate('deleteAccount', { password: deleted.password }, '', deleted),
    },
  ];
}

interface EndOfAccess {
  message: string;
  reason: string;
  token: string;
  end: () => Promise<unknown>;
}

describe('access that one process ends', () => {
  const instances = testInstances();

  async function two(): Promise<[TestApp, TestApp]> {
    return [await instances.start({ role: 'api' }), await instances.start({ role: 'api' })];
  }

  it('closes the sockets and streams of the other', async () => {
    const [here, there] = await two();
    for (const { message, reason, token, end } of await endsOfAccess(here)) {
      const socket = await (await there.rawSocket()).init({ token });
      socket.subscribe('1', QUIET);
      const stream = await streamOf(there, token);
      await end();
      expect(await socket.closed).toEqual({ code: 4403, reason: message });
      const events = await Array.fromAsync(readEvents(stream));
      expect(JSON.parse(events.at(-2)!.data)).toMatchObject({
        errors: [{ message: expect.stringContaining(message) as string, extensions: { reason } }],
      });
    }
  });

  it('ends for the queries of this one at once, and of the other a moment later', async () => {
    const [here, there] = await two();
    const ROLE = '{ viewer { role } }';
    for (const { token, end } of await endsOfAccess(here)) {
      const answers = async (app: TestApp) =>
        (await app.graphql(ROLE, {}, { token })).data?.['viewer'] ?? null;
      const before = await answers(here);
      expect(before).not.toBeNull();
      expect(await answers(there)).toEqual(before);
      await end();
      const after = await answers(here);
      expect(after).not.toEqual(before);
      await eventually(async () => expect(await answers(there)).toEqual(after));
    }
  });

  it('changes nothing in the other from that moment on', async () => {
    const [here, there] = await two();
    for (const { token, message, end } of await endsOfAccess(here)) {
      if (message === 'Role changed') continue;
      await there.graphql('{ viewer { id } }', {}, { token });
      await end();
      const change = 'mutation { updateProfile(input: { displayName: "X" }) { __typename } }';
      const { errors } = await there.graphql(change, {}, { token });
      expect(errors).toMatchObject([{ extensions: { reason: 'REVOKED' } }]);
    }
  });

  it('a ticket of one process opens a socket of the other, once', async () => {
    const [here, there] = await two();
    const { token } = await here.register();
    const { ticket } = await here.mutate<{ ticket: string }>(
      'createSocketTicket',
      {},
      '... on CreateSocketTicketSuccess { ticket }',
      { token },
    );
    const path = `/graphql?ticket=${ticket}`;
    const socket = await (await there.rawSocket({ path })).init();
    const again = await here.rawSocket({ path });
    again.send({ type: 'connection_init' });
    expect(await again.closed).toMatchObject({ code: 4403 });
    socket.close();
  });
});

describe('a graphql-ws client whose session ends', () => {
  const instances = testInstances();

  it('connects again with fresh credentials, and resumes after the last seq', async () => {
    const app = await instances.start();
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'a' }, { key: 'b', dependsOn: ['a'] }));
    await runWhen(app, ann, id, hasEnded);
    const whole = (await readLog(app, ann, id)).map(({ seq }) => seq);

    let session = ann.session;
    let tokensAsked = 0;
    const closes: number[] = [];
    const client = createClient({
      url: app.url('/graphql', 'ws'),
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 5,
      connectionParams: async () => {
        tokensAsked += 1;
        if (tokensAsked > 1)
          session = await app.signIn('login', { email: ann.email, password: ann.password });
        return { token: session.accessToken };
      },
      on: { closed: (event) => closes.push((event as { code: number }).code) },
    });
    const half = whole[Math.floor(whole.length / 2)]!;
    const first = await seqsOf(client, id, 0, (seq) => seq === half);
    await app.mutate('logout', { refreshToken: session.refreshToken });
    await eventually(() => expect(closes).toEqual([4403]));
    const second = await seqsOf(client, id, half, () => false);
    expect([...first, ...second]).toEqual(whole);
    expect(tokensAsked).toBe(2);
    await client.dispose();
  });
});

async function seqsOf(
  client: ReturnType<typeof createClient>,
  id: string,
  after: number,
  isLast: (seq: number) => boolean,
): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { data } of client.iterate<{ executionEvents: { seq: number } }>({
    query: EVENTS,
    variables: { id, after },
  })) {
    seqs.push(data!.executionEvents.seq);
    if (isLast(seqs.at(-1)!)) break;
  }
  return seqs;
}

function streamOf(app: TestApp, token: Account['token']): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    authorization: `Bearer ${token}`,
  };
  return fetch(app.url(), { method: 'POST', headers, body: JSON.stringify({ query: QUIET }) });
}
