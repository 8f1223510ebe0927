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
    { 'X-API-Key': 'hunter2', 'set-cookie': ['hunter2'], ticket: 'hunter2', JWT_SECRET_KEY: 'hunter2' },
    { a: { b: { c: [{ d: { Authorization: 'hunter2', currentPassword: { text: 'hunter2' } } }] } } },
    { err: Object.assign(new Error('refused'), { config: { headers: { authorization: 'hunter2' } } }) },
    { err: new Error('outer', { cause: Object.assign(new Error('inner'), { token: 'hunter2' }) }) },
    { problem: Object.assign(new Error('refused'), { connectionParams: { any: 'hunter2' } }) },
  ])('redacts secrets in %j', (fields) => {
    const line = JSON.stringify(log(fields));
    expect(line).not.toContain('hunter2');
  });

  it('keeps what only sounds like a secret, and the form of errors, dates and circular values', () => {
    const circular: Record<string, unknown> = { name: 'circle' };
    circular['self'] = circular;
    const at = new Date(0);
    const err = Object.assign(new TypeError('broken'), { code: 'E1' });
    expect(log({ maxOutputTokens: 5, token: null, at, err, circular })).toMatchObject({
      maxOutputTokens: 5,
      token: null,
      at: at.toISOString(),
      err: { type: 'TypeError', message: 'broken', code: 'E1', stack: expect.any(String) as string },
      circular: { name: 'circle', self: { name: 'circle' } },
    });
  });

  it('writes line breaks of a value as escapes', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    logger.info({ name: 'a\r\n{"level":50,"msg":"forged"}' }, 'b\nc');
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trim().split(/[\r\n]/)).toHaveLength(1);
  });
});
