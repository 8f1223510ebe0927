import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { NetworkList } from '../../../src/core/network/address.ts';
import { clientOf } from '../../../src/transport/client.ts';

const proxies = new NetworkList(['10.0.0.0/8', '2001:db8::/32']);

function addressOf(remoteAddress: string, headers: IncomingHttpHeaders = {}): string {
  const socket = { remoteAddress } as IncomingMessage['socket'];
  return clientOf({ socket, headers }, proxies).address;
}

describe('the address of a client', () => {
  it('is that of the peer, an IPv4-mapped address as IPv4', () => {
    expect(addressOf('192.0.2.1')).toBe('192.0.2.1');
    expect(addressOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('ignores forwarded headers of a peer that is not trusted', () => {
    const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' };
    expect(addressOf('192.0.2.1', headers)).toBe('192.0.2.1');
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9, 10.1.1.1', '203.0.113.9'],
    ['203.0.113.9:5555', '203.0.113.9'],
    ['[2a00::1]:5555,10.0.0.9', '2a00::1'],
    ['2a00::1', '2a00::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['10.0.0.3', '10.0.0.3'],
    ['1.1.1.1, unknown', '10.0.0.1'],
    ['1.1.1.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['', '10.0.0.1'],
    [',,,', '10.0.0.1'],
  ])('is the rightmost untrusted entry of X-Forwarded-For: %j', (list, address) => {
    expect(addressOf('10.0.0.1', { 'x-forwarded-for': list })).toBe(address);
  });

  it.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['for=1.1.1.1, for=203.0.113.9;proto=https;by=10.0.0.1', '203.0.113.9'],
    ['proto=https;For="[2a00::1]:47011"', '2a00::1'],
    ['for=_hidden', '10.0.0.1'],
    ['by=203.0.113.9', '10.0.0.1'],
  ])('is read from Forwarded: %j', (forwarded, address) => {
    expect(addressOf('10.0.0.1', { forwarded })).toBe(address);
  });
});
