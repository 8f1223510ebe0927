import { describe, expect, it } from 'vitest';
import { isHostAllowed } from '../../../src/transport/host.ts';

describe('isHostAllowed', () => {
  it.each(['localhost', 'LOCALHOST:9000', 'localhost.:9000', '127.0.0.1:9000', '127.9.9.9', '[::1]:9000'])(
    'accepts the loopback host %j',
    (host) => expect(isHostAllowed(host, [])).toBe(true),
  );

  it.each([
    'evil.example',
    'evil.example:9000',
    '192.0.2.1',
    'localhost.evil.example',
    '',
    'a b',
    'a@localhost',
    '/',
  ])('rejects %j', (host) => expect(isHostAllowed(host, ['api.example.com'])).toBe(false));

  it('accepts the listed names with any port', () => {
    expect(isHostAllowed('API.example.com:443', ['api.example.com'])).toBe(true);
    expect(isHostAllowed('[2001:db8::1]:9000', ['2001:db8::1'])).toBe(true);
  });

  it('accepts every well-formed name without a list', () => {
    expect(isHostAllowed('any.example', null)).toBe(true);
    expect(isHostAllowed('a b', null)).toBe(false);
  });
});
