import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/infra/logger.ts';

describe('createLogger', () => {
  function log(fields: object): Record<string, unknown> {
    const lines: string[] = [];
    createLogger('info', { write: (line) => void lines.push(line) }).info(fields, 'said');
    return JSON.parse(lines.join()) as Record<string, unknown>;
  }

  it('writes one JSON object per line with the given fields', () => {
    expect(log({ requestId: 'r-1' })).toMatchObject({ level: 30, msg: 'said', requestId: 'r-1' });
  });

  it.each([
    { password: 'hunter2' },
    { input: { password: 'hunter2' } },
    { headers: { authorization: 'Bearer hunter2', cookie: 'hunter2' } },
    { request: { headers: { authorization: 'hunter2' } } },
    { connectionParams: { token: 'hunter2' } },
    { session: { refreshToken: 'hunter2', accessToken: 'hunter2' } },
    { provider: { apiKey: 'hunter2' }, secretKey: 'hunter2', secret: 'hunter2' },
  ])('redacts secrets in %j', (fields) => {
    expect(JSON.stringify(log(fields))).not.toContain('hunter2');
  });
});
