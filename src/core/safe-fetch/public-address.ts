import ipaddr from 'ipaddr.js';

/**
 * Whether an IP address belongs to the public internet: not loopback, private, link-local, shared, mapped,
 * translated (NAT64, 6to4, Teredo), multicast, reserved, or a cloud's own services. Anything that is not an
 * IP address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !CLOUD_SERVICES.has(parsed.toString());
}

/** Azure answers its virtual machines on an address from the public range. */
const CLOUD_SERVICES: ReadonlySet<string> = new Set(['168.63.129.16']);
