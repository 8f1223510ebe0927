import { expect, it } from 'vitest';
import { CHECK_LIFE_MS } from '../../../src/modules/auth/checked-credentials.ts';
import { testApp } from '../../support/app.ts';
import { recordedStatements } from '../../support/statements.ts';

const app = testApp();
const { checksDuring } = recordedStatements();

it('a hundred queries of one token share a check for as long as it counts', async () => {
  const { token } = await app.register();
  const startedAt = performance.now();
  const checks = await checksDuring(async () => {
    for (let n = 0; n < 20; n++) {
      const five = Array.from({ length: 5 }, () => app.graphql('{ viewer { id } }', {}, { token }));
      for (const { status } of await Promise.all(five)) expect(status).toBe(200);
    }
  });
  expect(checks.length).toBeGreaterThan(0);
  expect(checks.length).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / CHECK_LIFE_MS);
});

it('each mutation is checked on its own, and the query after it too', async () => {
  const { token } = await app.register();
  const rename = 'mutation { updateProfile(input: { displayName: "Ann" }) { __typename } }';
  await app.graphql('{ viewer { id } }', {}, { token });
  const checks = await checksDuring(async () => {
    for (const operation of [rename, rename, '{ viewer { id } }'])
      await app.graphql(operation, {}, { token });
  });
  expect(checks).toHaveLength(3);
});

it('a recent check says nothing about the headers of another request', async () => {
  const { token } = await app.register();
  await app.graphql('{ viewer { id } }', {}, { token });
  const headers = { 'x-user-id': 'somebody else' };
  expect((await app.graphql('{ viewer { id } }', {}, { token, headers })).status).toBe(403);
});
