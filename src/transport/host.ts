import { isLoopback, withoutBrackets } from '../core/network/address.ts';

/**
 * Whether the server answers for the name in a `Host` header. Without this check, a web page can point its own name to
 * 127.0.0.1 and then call a local API as its own origin (DNS rebinding). Loopback names are always answered. Null: so
 * is every other name.
 */
export function isHostAllowed(host: string, allowedHosts: readonly string[] | null): boolean {
  const name = hostNameOf(host);
  if (name === null) return false;
  return allowedHosts === null || name === 'localhost' || isLoopback(name) || allowedHosts.includes(name);
}

/** The name in a `Host` header: in lower case, without port, brackets and a final dot. Null for a malformed header. */
function hostNameOf(host: string): string | null {
  if (!/^[\w.:[\]-]+$/.test(host)) return null;
  const name = URL.parse(`http://${host}`)?.hostname;
  return (name && withoutBrackets(name).replace(/\.$/, '')) || null;
}
