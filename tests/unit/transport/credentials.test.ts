import { describe, expect, it } from 'vitest';
import {
  credentialsFromHeaders,
  credentialsFromSocket,
  NO_CREDENTIALS,
  ticketOf,
} from '../../../src/transport/credentials.ts';

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

  it('reads an API key and the id headers', () => {
    expect(credentialsFromHeaders({ 'x-api-key': 'key', 'x-tenant-id': 'acme', 'x-user-id': 'me' })).toEqual({
      bearerToken: null,
      apiKey: 'key',
      tenantId: 'acme',
      userId: 'me',
    });
  });

  it('prefers a bearer token to an API key', () => {
    expect(credentialsFromHeaders({ authorization: 'Bearer abc', 'x-api-key': 'key' })).toMatchObject({
      bearerToken: 'abc',
      apiKey: null,
    });
  });
});

describe('credentials of a WebSocket', () => {
  const upgrade = (url = '/graphql', headers = {}) => ({ url, headers });
  const read = (params: unknown, request = upgrade(), isTokenInUrlAllowed = true) =>
    credentialsFromSocket(params, request, { isTokenInUrlAllowed });

  it.each([
    { token: 'abc' },
    { token: 'Bearer abc' },
    { authToken: 'abc' },
    { auth_token: 'abc' },
    { accessToken: 'abc' },
    { Authorization: 'Bearer abc' },
    { authorization: 'abc' },
    { AUTHORIZATION: 'bEaReR  abc ' },
    { headers: { Authorization: 'Bearer abc' } },
    { Headers: { authorization: 'abc' } },
    { token: '', authorization: 'Bearer ', accessToken: 'abc' },
    { apiKey: 'key', token: 'abc' },
  ])('reads the token of %j', (params) => {
    expect(read(params)).toEqual({ ...NO_CREDENTIALS, bearerToken: 'abc' });
  });

  it.each([{ apiKey: 'key' }, { 'X-API-Key': 'key' }, { headers: { 'x-api-key': 'key' } }])(
    'reads the API key of %j',
    (params) => expect(read(params)).toEqual({ ...NO_CREDENTIALS, apiKey: 'key' }),
  );

  it.each([undefined, null, {}, [], ['abc'], { token: { $ne: null } }, { token: null }, { headers: null }])(
    'falls back to the headers of the upgrade, then to the URL: %j',
    (params) => {
      expect(read(params)).toEqual(NO_CREDENTIALS);
      const request = upgrade('/graphql?token=url', { authorization: 'Bearer header' });
      expect(read(params, request).bearerToken).toBe('header');
      expect(read(params, upgrade('/graphql?token=url')).bearerToken).toBe('url');
      expect(read({ token: 'init' }, request).bearerToken).toBe('init');
    },
  );

  it('ignores a token in the URL where it is not allowed', () => {
    expect(read({}, upgrade('/graphql?token=url'), false)).toEqual(NO_CREDENTIALS);
  });

  it('reads the claimed ids from the message, else from the headers', () => {
    const request = upgrade('/graphql', { 'x-tenant-id': 'header', 'x-user-id': 'me' });
    const params = { token: 'abc', headers: { 'X-Tenant-ID': 'init' } };
    expect(read(params, request)).toMatchObject({ tenantId: 'init', userId: 'me' });
  });

  it('reads a ticket from the URL', () => {
    expect(ticketOf(upgrade('/graphql?ticket=abc'))).toBe('abc');
    expect(ticketOf(upgrade('/graphql?ticket='))).toBeNull();
    expect(ticketOf(upgrade())).toBeNull();
  });
});
