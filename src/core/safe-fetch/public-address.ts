import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an IP address belongs to the public internet: not loopback, private, link-local, shared, mapped,
 * translated (NAT64, 6to4, Teredo), multicast, reserved, or an internal service of a cloud. Text that is not an IP
 * address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return false;
  return parsed.range() === 'unicast' && !CLOUD_SERVICES.has(parsed.toString());
}

/** Outside this range, ipaddr.js classifies `::7f00:1`, which is a loopback address, as unicast. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Azure serves an internal endpoint of virtual machines on an address in the public range. */
const CLOUD_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16']);
