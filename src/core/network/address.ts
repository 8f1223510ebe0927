import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The address in its usual spelling, an IPv4-mapped IPv6 address as IPv4; null for a text that is no address. */
export function normalizeAddress(text: string): string | null {
  return isIP(text) === 0 ? null : ipaddr.process(text).toString();
}

export function isLoopback(text: string): boolean {
  return isIP(text) !== 0 && ipaddr.process(text).range() === 'loopback';
}

/** Whether the host of a URL is this machine or an address of a private network, by its text: no name is resolved. */
export function isPrivateHost(hostname: string): boolean {
  if (/(^|\.)localhost$/i.test(hostname)) return true;
  const address = withoutBrackets(hostname);
  return isIP(address) !== 0 && PRIVATE_RANGES.includes(ipaddr.process(address).range());
}

/** The host of a URL puts an IPv6 address in brackets. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

const PRIVATE_RANGES: readonly string[] = ['loopback', 'private', 'uniqueLocal', 'linkLocal'];

/** A set of networks, written as addresses and CIDR ranges, e.g. `10.0.0.0/8`. Errors: for any other text. */
export class NetworkList {
  readonly #networks: readonly Network[];

  constructor(texts: readonly string[]) {
    this.#networks = texts.map(parseNetwork);
  }

  includes(text: string): boolean {
    if (isIP(text) === 0) return false;
    const address = ipaddr.process(text);
    return this.#networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
  }
}

export function isNetwork(text: string): boolean {
  try {
    return parseNetwork(text).length > 0;
  } catch {
    return false;
  }
}

function parseNetwork(text: string): Network {
  const [address = '', ...rest] = text.split('/');
  if (isIP(address) === 0) throw new Error('not an IP address or a CIDR range');
  if (rest.length > 0) return ipaddr.parseCIDR(text);
  const parsed = ipaddr.process(address);
  return [parsed, parsed.kind() === 'ipv4' ? 32 : 128];
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];
