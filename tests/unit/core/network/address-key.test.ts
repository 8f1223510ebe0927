import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../../src/core/network/address-key.ts';

describe('the key of a client’s address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8:1:2::1', '2001:0db8:0001:0002:0000:0000:0000:0001', true],
  ])('of %s and %s: the same is %s', (one, other, isSame) => {
    expect(addressKey(one) === addressKey(other)).toBe(isSame);
  });

  it('of what is no address is itself', () => {
    expect(addressKey('')).toBe('');
  });
});
