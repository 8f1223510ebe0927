import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { credentialsFromHeaders, credentialsFromSocket } from '../../../src/transport/credentials.ts';

const upgrade = (url = '/graphql', headers = {}) => ({ url, headers }) as IncomingMessage;

describe('credentials in headers', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc', 'abc'],
    ['Basic abc', null],
    ['abc', null],
    ['Bearer ', null],
    [undefined, null],
  ])('reads the token of Authorization: %s', (authorization, bearerToken) => {
    expect(credentialsFromHeaders({ authorization })).toMatchObject({ bearerToken });
  });

  it('reads the id headers of the request', () => {
    expect(credentialsFromHeaders({ 'x-tenant-id': 'acme', 'x-user-id': 'me' })).toEqual({
      bearerToken: null,
      tenantId: 'acme',
      userId: 'me',
    });
  });
});

describe('credentials of a WebSocket', () => {
  it.each<[string, Record<string, unknown>, IncomingMessage]>([
    ['token in connection_init', { token: 'abc' }, upgrade()],
    ['authorization in connection_init', { authorization: 'Bearer abc' }, upgrade()],
    ['Authorization in connection_init', { Authorization: 'Bearer abc' }, upgrade()],
    ['the URL', {}, upgrade('/graphql?token=abc')],
    ['the header of the upgrade', {}, upgrade('/graphql', { authorization: 'Bearer abc' })],
  ])('reads the token from %s', (_place, params, request) => {
    expect(credentialsFromSocket(params, request).bearerToken).toBe('abc');
  });

  it('prefers connection_init to the URL, and the URL to the headers', () => {
    const request = upgrade('/graphql?token=url', { authorization: 'Bearer header' });
    expect(credentialsFromSocket({ token: 'init' }, request).bearerToken).toBe('init');
    expect(credentialsFromSocket({}, request).bearerToken).toBe('url');
  });

  it('ignores a token that is not a string', () => {
    expect(credentialsFromSocket({ token: { $ne: null } }, upgrade()).bearerToken).toBeNull();
  });
});
