import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';

describe('The published audits of GraphQL over HTTP', () => {
  const app = testApp({ config: { role: 'api' } });
  const audits = serverAudits({ url: () => app.url() });

  it.each(audits)('$name ($id)', async (audit) => {
    const result = await audit.fn();
    expect(result, 'reason' in result ? result.reason : '').toMatchObject({ status: 'ok' });
  });
});
