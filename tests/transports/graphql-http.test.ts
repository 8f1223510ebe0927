import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';

describe('The published audits of GraphQL over HTTP', () => {
  const app = testApp({ config: { role: 'api' } });

  for (const { id, name, fn } of serverAudits({ url: () => app.url() })) {
    it(`${name} (${id})`, async () => {
      const result = await fn();
      expect(result, 'reason' in result ? result.reason : '').toMatchObject({ status: 'ok' });
    });
  }
});
