import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';

describe('models', () => {
  const app = testApp({ config: { role: 'api' } });

  it('lists every model with its exact price and availability', async () => {
    const account = await app.register();
    const { data } = await app.graphql<{ models: Model[] }>(
      '{ models { provider name contextTokens inputUsdPerMTok outputUsdPerMTok available } }',
      {},
      account,
    );
    const models = data!.models;
    expect(new Set(models.map(({ provider }) => provider))).toContain('OPENAI');
    expect(new Set(models.filter(({ available }) => available).map(({ provider }) => provider))).toEqual(
      new Set(['OFFLINE']),
    );
    for (const { inputUsdPerMTok, outputUsdPerMTok } of models) {
      expect(inputUsdPerMTok).toMatch(/^\d+(\.\d+)?$/);
      expect(Number(outputUsdPerMTok)).toBeGreaterThan(0);
    }
    const names = models.map(({ provider, name }) => `${provider} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are nodes, those with a price that are not listed too', async () => {
    const account = await app.register();
    const { data } = await app.graphql<{ models: { id: string; name: string }[] }>(
      '{ models { id name } }',
      {},
      account,
    );
    const ids = [
      data!.models.find(({ name }) => name === 'gpt-4o-mini')!.id,
      encodeId('LlmModel', 'OPENAI:gpt-4o-mini-2024-07-18'),
      ...['OPENAI:gpt-99', 'OPENAI:gpt-4-0613', 'ACME:gpt-4o', 'OPENAI:', ':'].map((id) =>
        encodeId('LlmModel', id),
      ),
    ];
    const found = await app.graphql<{ nodes: unknown[] }>(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on LlmModel { name inputUsdPerMTok available } } }',
      { ids },
      account,
    );
    const mini = { inputUsdPerMTok: '0.15', available: false };
    expect(found.data!.nodes).toEqual([
      { id: ids[0], name: 'gpt-4o-mini', ...mini },
      { id: ids[1], name: 'gpt-4o-mini-2024-07-18', ...mini },
      ...Array.from({ length: 5 }, () => null),
    ]);
  });

  it('requires a token', async () => {
    const { status, errors } = await app.graphql('{ models { name } }');
    expect(status).toBe(401);
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  });
});

interface Model {
  provider: string;
  name: string;
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
  available: boolean;
}
