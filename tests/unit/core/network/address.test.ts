import { describe, expect, it } from 'vitest';
import { isLoopback, NetworkList, normalizeAddress } from '../../../../src/core/network/address.ts';

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['127.1', null],
    ['0x7f.0.0.1', null],
    ['', null],
    ['localhost', null],
  ])('normalizes %j to %j', (text, address) => expect(normalizeAddress(text)).toBe(address));

  it('knows loopback', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].filter(isLoopback)).toHaveLength(4);
    expect(['0.0.0.0', '10.0.0.1', 'localhost', '::2'].filter(isLoopback)).toEqual([]);
  });

  it('finds addresses in networks of the same family', () => {
    const list = new NetworkList(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::ffff:198.51.100.7']);
    expect(
      ['10.9.8.7', '::ffff:10.0.0.1', '192.0.2.1', 'fd12::1', '198.51.100.7'].every((one) =>
        list.includes(one),
      ),
    ).toBe(true);
    expect(['11.0.0.1', '192.0.2.2', 'fe00::1', '', 'x'].filter((one) => list.includes(one))).toEqual([]);
  });

  it.each(['10.0.0.0/33', '10.1', 'a/8', '10.0.0.0/', '10.0.0.0/8/8'])('refuses the network %j', (text) => {
    expect(() => new NetworkList([text])).toThrow();
  });
});
