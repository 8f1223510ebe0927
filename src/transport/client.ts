import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { normalizeAddress, type NetworkList } from '../core/network/address.ts';
import type { Client } from '../kernel/context.ts';

/**
 * The client that sent a request. Proxies append the address that connected to them, so the entries are read from the
 * right as long as the one who wrote them is trusted. Everything further left may be forged.
 */
export function clientOf(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  trustedProxies: Pick<NetworkList, 'includes'>,
): Client {
  let address = normalizeAddress(socket.remoteAddress ?? '') ?? '';
  for (const entry of forwardedFor(headers).toReversed()) {
    if (!trustedProxies.includes(address)) break;
    const forwarded = normalizeAddress(withoutPort(entry));
    if (forwarded === null) break; // hidden or malformed: the proxy that wrote it stands for its client
    address = forwarded;
  }
  return {
    address,
    userAgent: headers['user-agent'] ?? null,
    languages: headers['accept-language'] ?? null,
  };
}

/** The entries of `X-Forwarded-For`, else of `Forwarded` (RFC 7239). Node joins repeated headers by commas. */
function forwardedFor(headers: IncomingHttpHeaders): string[] {
  const list = headers['x-forwarded-for'];
  if (list !== undefined) return String(list).split(',');
  return (headers.forwarded ?? '')
    .split(',')
    .map((element) => /(?:^|;)\s*for=([^;]*)/i.exec(element)?.[1] ?? '');
}

/** `192.0.2.1:80`, `"[2001:db8::1]:80"` and `2001:db8::1` all name an address. */
function withoutPort(entry: string): string {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  return /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1');
}
