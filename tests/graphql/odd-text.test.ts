import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  getNullableType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/transport/graphql/schema.ts';
import { type Account, mutationDocument, testApp } from '../support/app.ts';
import { openConversation } from '../support/conversations.ts';
import { MUTATION_INPUTS } from '../support/mutation-inputs.ts';
import { encodeId } from '../../src/schema-kit/global-id.ts';

const app = testApp({ config: { role: 'api' } });

/** What JSON can hold and a database, or a careless parser, cannot. */
const ODD = { NUL: 'a\0b', 'half of a surrogate pair': 'a\ud800b', 'a direction character': 'a\u202eb' };

describe.each(Object.entries(schema.getMutationType()!.getFields()))('%s', (name, field) => {
  const places = textsOf(getNamedType(field.args[0]!.type) as GraphQLInputObjectType);

  it.each(Object.entries(ODD))(
    'accepts or rejects %s in any of its texts without an internal error',
    async (_what, odd) => {
      const ann = await unlimited();
      const id = await openConversation(app, ann);
      for (const place of places) {
        const input = inputOf(name, id);
        put(input, place, odd);
        const { data, errors } = await app.graphql(mutationDocument(name, ''), { input }, ann);
        const codes = errors?.map(({ extensions }) => extensions?.['code']) ?? [];
        expect([place.join('.'), data?.[name] != null, codes]).toEqual([
          place.join('.'),
          codes.length === 0,
          codes,
        ]);
        expect(codes, place.join('.')).not.toContain('INTERNAL_SERVER_ERROR');
      }
    },
  );
});

describe('the context of the application', () => {
  it('is rejected when it is nested too deeply', async () => {
    const ann = await unlimited();
    const context = JSON.parse(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`) as object;
    const { data, errors } = await app.graphql(
      mutationDocument('createConversation', ''),
      { input: { context } },
      ann,
    );
    const codes = errors?.map(({ extensions }) => extensions?.['code']) ?? [];
    expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
    expect(data?.['createConversation'] ?? null).not.toMatchObject({
      __typename: 'CreateConversationSuccess',
    });
  });

  it('cannot pollute the prototype of objects', async () => {
    const ann = await unlimited();
    const context = JSON.parse(
      '{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } } }',
    ) as object;
    await app.mutate('createConversation', { context }, '', ann);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

async function unlimited(): Promise<Account> {
  const account = await app.register();
  await app.services.database.prisma.user.updateMany({
    where: { email: account.email },
    data: { plan: 'UNLIMITED' },
  });
  return account;
}

/** The places of all texts, ids and free objects in an input. */
function textsOf(type: GraphQLInputObjectType, depth = 0): string[][] {
  if (depth > 4) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    const within = isListed(field.type) ? [field.name, '0'] : [field.name];
    if (isInputObjectType(named)) return textsOf(named, depth + 1).map((place) => [...within, ...place]);
    return ['String', 'ID', 'JSONObject'].includes(named.name) ? [within] : [];
  });
}

function isListed(type: GraphQLInputType): boolean {
  return isListType(getNullableType(type));
}

function put(input: Record<string, unknown>, [first, ...rest]: string[], text: string): void {
  if (first === undefined) return;
  if (rest.length > 0)
    return put((input[first] ??= rest[0] === '0' ? [] : {}) as Record<string, unknown>, rest, text);
  input[first] = first === 'context' ? { [text]: text } : text;
}

/** The input of a mutation, for this conversation or for an object that does not exist. */
function inputOf(name: string, conversationId: string): Record<string, unknown> {
  const { of, withId, withoutId } = MUTATION_INPUTS[name]!;
  if (!of || withoutId) return withoutId!();
  return withId(of === 'Conversation' ? conversationId : encodeId(of, crypto.randomUUID()));
}
