import { describe, expect, it } from 'vitest';
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
