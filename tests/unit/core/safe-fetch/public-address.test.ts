import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../../src/core/safe-fetch/public-address.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'allows %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ['loopback', '127.0.0.1', '127.255.255.254', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '::ffff:10.0.0.1'],
    ['unique local', 'fc00::1', 'fd12:3456:789a::1', 'fec0::1'],
    ['link-local', '169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fe80::1%eth0'],
    ['shared and cloud', '100.64.0.1', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254'],
    [
      'translated',
      '64:ff9b::7f00:1',
      '64:ff9b::808:808',
      '64:ff9b:1::a00:1',
      '2002:7f00:1::',
      '2001:0:7f00:1::',
    ],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1'],
    [
      'reserved',
      '192.0.2.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '240.0.0.1',
      '2001:db8::1',
      '100::1',
    ],
    ['not an address', '', 'localhost', 'example.com', '1.2.3', '127.0.0.1:80', '[::1]'],
  ])('rejects addresses that are %s', (_kind, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});
