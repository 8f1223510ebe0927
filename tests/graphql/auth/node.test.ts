import { describe, expect, it } from 'vitest';
import type { GraphQLInterfaceType } from 'graphql';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { loaderOf } from '../../../src/schema-kit/node-loaders.ts';
import { schema } from '../../../src/transport/graphql/schema.ts';
import { testApp } from '../../support/app.ts';
import { recordedStatements } from '../../support/statements.ts';

describe('node and nodes', () => {
  const app = testApp({ config: { role: 'api' } });

  const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';
  const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
  const idOf = (text: string) => Buffer.from(text).toString('base64');

  it('returns members of the tenant and the tenant', async () => {
    const founder = await app.register();
    const guest = await app.member(founder, 'GUEST');
    const { tenant } = founder.session.user;
    const { data } = await app.graphql(NODES, { ids: [founder.session.user.id, tenant.id] }, guest);
    expect(data).toEqual({
      nodes: [
        { __typename: 'User', id: founder.session.user.id },
        { __typename: 'Tenant', id: tenant.id },
      ],
    });
  });

  it('returns null without an error for a foreign, missing or malformed id and for an unknown type', async () => {
    const me = await app.register();
    const stranger = await app.register();
    const { data, errors } = await app.graphql(
      NODES,
      {
        ids: [
          me.session.user.id,
          stranger.session.user.id,
          stranger.session.user.tenant.id,
          idOf('User:0190a0c0-0000-7000-8000-000000000000'),
          idOf('User:'),
          idOf('User:\u0000'),
          idOf('Query:1'),
          idOf('Node:1'),
          idOf('__proto__:1'),
          idOf('PipelineStep:1'),
          'garbage',
          '',
        ],
      },
      me,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      nodes: [{ __typename: 'User', id: me.session.user.id }, ...Array<null>(11).fill(null)],
    });

    const single = await app.graphql(NODE, { id: stranger.session.user.id }, me);
    expect(single).toMatchObject({ status: 200, data: { node: null } });
    expect(single.errors).toBeUndefined();
  });

  it('answers 401 without a token', async () => {
    expect((await app.graphql(NODE, { id: 'x' })).status).toBe(401);
    expect((await app.graphql(NODES, { ids: ['x'] })).status).toBe(401);
  });

  it('rejects more than 100 ids, and a selection that is too complex for 100', async () => {
    const me = await app.register();
    const nodes = (count: number, fields: string) =>
      app.graphql(
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ${fields} } }`,
        { ids: Array(count).fill('x') },
        me,
      );
    expect((await nodes(100, 'id')).data).toEqual({ nodes: Array(100).fill(null) });
    for (const count of [101, 10_000]) {
      expect(await nodes(count, 'id')).toMatchObject({
        status: 400,
        errors: [
          {
            message: expect.stringContaining('at most 100') as string,
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      });
    }
    const conversations = '... on Conversation { messages(first: 100) { nodes { id } } }';
    expect(await nodes(100, conversations)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
    });
  });
});

describe('every type of node', () => {
  it('is read in batches', () => {
    const types = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType);
    expect(types.map(String).filter((name) => !loaderOf(name))).toEqual([]);
  });
});

describe('the statements of nodes', () => {
  const app = testApp({ config: { role: 'api' } });
  const statements = recordedStatements();

  it('are one for each type, and the same for repeated ids', async () => {
    const me = await app.register();
    const { prisma } = app.services.database;
    const { tenantId, id: ownerId } = await prisma.user.findFirstOrThrow({ where: { email: me.email } });
    const steps = Array.from({ length: 30 }, (_, position) => ({
      key: `s${position}`,
      position,
      agent: 'CUSTOM' as const,
      title: 'Any',
      status: 'SUCCEEDED' as const,
      finishedOrder: position + 1,
    }));
    const { id } = await prisma.pipelineExecution.create({
      data: {
        tenantId,
        ownerId,
        request: 'It',
        design: { steps: [] },
        estimatedCostMicros: 1n,
        steps: { create: steps },
      },
    });
    const ids = [
      encodeId('PipelineExecution', id),
      ...steps.map(({ key }) => encodeId('StepExecution', `${id}:${key}`)),
      ...steps.map((_, index) => encodeId('Checkpoint', `${id}:${index + 1}`)),
      encodeId('Checkpoint', `${id}:31`),
    ];
    const sentFor = (asked: string[]) =>
      statements.during(async () => {
        const query = `query ($ids: [ID!]!) { nodes(ids: $ids) {
          __typename id ... on PipelineExecution { request conversation { id } } ... on Checkpoint { step } } }`;
        const { data } = await app.graphql<{ nodes: ({ id: string } | null)[] }>(query, { ids: asked }, me);
        expect(data!.nodes.map((node) => node?.id ?? null)).toEqual(
          asked.map((one) => (one === ids.at(-1) ? null : one)),
        );
      });
    const one = await sentFor([ids[0]!, ids[1]!, ids[31]!]);
    const all = await sentFor(ids);
    const repeated = await sentFor(Array.from({ length: 100 }, (_, n) => ids[n % 3 === 0 ? 0 : 31]!));
    expect(all.length).toBeLessThanOrEqual(one.length);
    expect(repeated.length).toBeLessThan(one.length);
    expect(all.length).toBeLessThanOrEqual(8);
  });
});
