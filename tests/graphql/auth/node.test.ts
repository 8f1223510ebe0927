import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';

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

  it('rejects more ids than the complexity limit allows', async () => {
    const me = await app.register();
    const { status, errors } = await app.graphql(NODES, { ids: Array<string>(10_000).fill('x') }, me);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });
});
