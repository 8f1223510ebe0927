import { buildSchema } from 'graphql';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../src/access/permissions.ts';
import { READERS as RULED_READERS, VISIBILITY } from '../../src/access/visibility.ts';
import { schema } from '../../src/transport/graphql/schema.ts';
import { mutationDocument } from '../support/app.ts';
import { recordedStatements } from '../support/statements.ts';
import { differences, READS, refusal, WRITES } from './operations.ts';
import { type Reader, READERS } from './readers.ts';
import { SECRET, SEEN_BY, type Thing, THINGS, typeOf } from './things.ts';
import { accessWorld } from './world.ts';

const world = accessWorld();
const { during } = recordedStatements();

/** The answer about a thing, and about one that does not exist, with the number of statements of each. */
async function compare(reader: Reader, thing: Thing, ask: (id: string) => Promise<string>) {
  const answers = { foreign: '', missing: '' };
  const foreign = await during(async () => (answers.foreign = await ask(world.ids[thing])));
  const missing = await during(async () => (answers.missing = await ask(world.missing(thing))));
  const isSeen = answers.foreign !== answers.missing;
  if (!isSeen) expect([reader, textsOf(foreign)]).toEqual([reader, textsOf(missing)]);
  return { isSeen, answer: answers.foreign };
}

/** The last use of a key is written once a minute, and provider keys are remembered, whatever was asked. */
function textsOf(statements: { text: string }[]): string[] {
  return statements.map(({ text }) => text).filter((text) => !/SET last_used_at|"?llm_keys"?/.test(text));
}

async function seenBy(thing: Thing, name: string, document: string): Promise<Reader[]> {
  const seen: Reader[] = [];
  for (const reader of READERS) {
    const { isSeen, answer } = await compare(reader, thing, (id) => world.ask(reader, document, { id }));
    if (isSeen) seen.push(reader);
    else expect(answer, reader).toMatch(refusal(name, reader));
  }
  return seen;
}

describe('the matrix', () => {
  afterAll(() => {
    const operations = Object.keys(READS).length + WRITES.length + Object.keys(ROUTES).length;
    const cells = operations * READERS.length;
    console.log(
      `access matrix: ${operations} operations and routes × ${READERS.length} readers = ${cells} cells, ${world.requests} requests`,
    );
  });

  it('contains every operation that takes an id, and every node type', () => {
    expect(differences(schema)).toEqual([]);
    const nodes = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name);
    expect([...new Set(THINGS.map(typeOf))].toSorted()).toEqual(nodes.toSorted());
  });

  it('fails for an operation that is in no table, also when the id is deep in its input', () => {
    const more = buildSchema(`
      input Deep { other: String  ids: [ID!] }
      input Input { deep: [Deep!] }
      type Query { secret(id: ID!): String  safe(name: String): String }
      type Mutation { erase(input: Input!): String }
      type Subscription { watch(id: ID!): String }
    `);
    expect(differences(more).filter((difference) => difference.endsWith('is in no table'))).toEqual([
      'Query.secret is in no table',
      'Mutation.erase is in no table',
      'Subscription.watch is in no table',
    ]);
  });

  describe.each(Object.entries(READS))('%s', (name, { of, seenBy: stricter, document }) => {
    const things = THINGS.filter((thing) => !of || typeOf(thing) === of);

    it.each(things)('shows a %s to those who may see it; for others it does not exist', async (thing) => {
      expect(await seenBy(thing, name, document)).toEqual(stricter ?? SEEN_BY[thing]);
    });
  });

  describe.each(WRITES)('Mutation.$name', ({ name, of, withId, allowedTo }) => {
    it('is refused to all others; for those who cannot see the object it does not exist', async () => {
      for (const reader of READERS.filter((one) => !(allowedTo as readonly string[]).includes(one))) {
        const { isSeen, answer } = await compare(reader, of, (id) =>
          world.ask(reader, mutationDocument(name, ''), { input: withId(id) }),
        );
        expect(answer, reader).toMatch(/"NotFoundError"|"FORBIDDEN"|"UNAUTHENTICATED"/);
        if (!(SEEN_BY[of] as readonly Reader[]).includes(reader)) expect(isSeen, reader).toBe(false);
        if (reader === 'key') expect(answer).toContain('"FORBIDDEN"');
      }
    });
  });

  const ofObjects = Object.entries(ROUTES).filter(([path]) => path.includes('{'));
  const others = Object.entries(ROUTES).filter(([path]) => !path.includes('{'));

  it.each(others)('%s asks for what its requirement says: %s', async (path, required) => {
    for (const reader of READERS) {
      world.requests += 1;
      const { token } = world.people.credentials[reader];
      const response = await fetch(world.app.url(path), { headers: { authorization: `Bearer ${token}` } });
      const body = await response.text();
      const isNobody = reader === 'anonymous' || reader === 'expired';
      if (required === 'PUBLIC') expect([401, 403, 404], reader).not.toContain(response.status);
      else expect([reader, response.status]).toEqual([reader, isNobody ? 401 : reader === 'key' ? 403 : 200]);
      if (reader !== 'owner') expect(body).not.toContain(SECRET);
    }
  });

  it.each(ofObjects)(
    '%s is refused to those who may not decide; for others it does not exist',
    async (path) => {
      const ask = async (reader: Reader, id: string) => {
        world.requests += 1;
        const { token } = world.people.credentials[reader];
        const url = world.app.url(path.replace(/\{\w+\}/, id));
        const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
        return `${response.status} ${await response.text()}`;
      };
      for (const [thing, deciders] of DECIDERS) {
        for (const reader of READERS.filter((one) => !deciders.includes(one))) {
          const { isSeen, answer } = await compare(reader, thing, (id) => ask(reader, id));
          const isSeeing = (SEEN_BY[thing] as readonly Reader[]).includes(reader) && reader !== 'key';
          expect([reader, isSeen]).toEqual([reader, isSeeing]);
          expect([reader, answer.slice(0, 3)]).toEqual([reader, statusFor(reader, isSeeing)]);
        }
      }
    },
  );

  it('is the same over WebSocket', async () => {
    const rename = mutationDocument('renameConversation', '');
    const samples = [
      READS['Query.node']!,
      READS['Query.conversation']!,
      READS['Subscription.conversationEvents']!,
    ];
    for (const reader of ['colleague', 'key', 'stranger', 'operator', 'twin'] as const) {
      const client = world.app.socketClient(world.people.credentials[reader]);
      const ask = async (query: string, variables: Record<string, unknown>) => {
        world.requests += 1;
        for await (const result of client.iterate({ query, variables })) return JSON.stringify(result);
        return 'nothing';
      };
      for (const { document } of samples) {
        const { isSeen } = await compare(reader, 'Conversation', (id) => ask(document, { id }));
        expect([reader, isSeen]).toEqual([reader, reader === 'key']);
      }
      const { isSeen } = await compare(reader, 'Conversation', (conversationId) =>
        ask(rename, { input: { conversationId, title: 'Taken over' } }),
      );
      expect([reader, isSeen]).toEqual([reader, false]);
      await client.dispose();
    }
  });
});

const DECIDERS: [Thing, readonly Reader[]][] = [
  ['ApprovalRequest', ['owner']],
  ['ApprovalRequest that others decide', ['admin', 'colleague']],
];

function statusFor(reader: Reader, isSeeing: boolean): string {
  if (reader === 'anonymous' || reader === 'expired') return '401';
  return isSeeing || reader === 'guest' || reader === 'key' ? '403' : '404';
}

/** Whether a type has something that nobody else sees by the same condition: some readers are there for who changes. */
function seesMore(reader: string, seenBy: Record<string, unknown>): boolean {
  const others = Object.entries(seenBy).filter(([other]) => other !== reader);
  return reader in seenBy && !others.some(([, condition]) => String(condition) === String(seenBy[reader]));
}

describe('the matrix notices a rule that was forgotten', () => {
  const { document } = READS['Query.node']!;
  /** Whether the readers of some thing are no longer those of the table. */
  const isNoticed = async (things: readonly Thing[]) => {
    for (const thing of things) {
      for (const reader of READERS.filter((one) => !(SEEN_BY[thing] as readonly Reader[]).includes(one))) {
        const answers = [await world.ask(reader, document, { id: world.ids[thing] })];
        answers.push(await world.ask(reader, document, { id: world.missing(thing) }));
        if (answers[0] !== answers[1]) return true;
      }
    }
    return false;
  };
  const types = Object.keys(VISIBILITY) as (keyof typeof VISIBILITY)[];
  const ofType = (type: string) => THINGS.filter((thing) => typeOf(thing) === type);

  it.each(types)('the tenant of a %s', async (type) => {
    expect(await isNoticed(ofType(type))).toBe(false);
    vi.spyOn(VISIBILITY[type], 'among').mockReturnValue({});
    expect(await isNoticed(ofType(type))).toBe(true);
  });

  const conditions = types.flatMap((type) =>
    Object.entries(VISIBILITY[type].seenBy)
      .filter(([, condition]) => String(condition) !== '() => ({})')
      .map(([reader]) => [type, reader] as const),
  );
  it.each(conditions)('the condition of a %s for %s', async (type, reader) => {
    const seenBy = VISIBILITY[type].seenBy as Record<string, () => object>;
    vi.spyOn(seenBy, reader).mockReturnValue({});
    expect(await isNoticed(ofType(type))).toBe(true);
  });

  const restricted = (Object.keys(RULED_READERS) as (keyof typeof RULED_READERS)[]).filter(
    (reader) =>
      String(RULED_READERS[reader].includes) !== '() => true' &&
      types.some((type) => seesMore(reader, VISIBILITY[type].seenBy)),
  );
  it.each(restricted)('who is %s', async (reader) => {
    vi.spyOn(RULED_READERS[reader], 'includes').mockReturnValue(true);
    const seen = types.filter((type) => reader in VISIBILITY[type].seenBy);
    expect(await isNoticed(seen.flatMap(ofType))).toBe(true);
  });
});
