import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { refusedUrl } from './safe-fetch-error.ts';

/**
 * A connector for undici that connects to allowed addresses only: it checks an address in the URL, every answer of the
 * name lookup, and the address of the connected socket. A name that does not exist gives the same error as one that is
 * not allowed: SafeFetchError URL_NOT_ALLOWED.
 */
export function guardedConnector(
  isAllowedAddress: AddressCheck,
  lookup: Lookup = systemLookup,
): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(isAllowedAddress, lookup), allowH2: false });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isAllowedAddress(host)) {
      callback(refusedUrl(NOT_PUBLIC), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) {
        callback(error, null);
      } else if (isAllowedAddress(socket!.remoteAddress ?? '')) {
        callback(null, socket!);
      } else {
        socket!.destroy();
        callback(refusedUrl(NOT_PUBLIC), null);
      }
    });
  };
}

/** One forbidden address forbids the name, because the connector may use any of its addresses. */
function guardedLookup(isAllowedAddress: AddressCheck, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first || !addresses.every(({ address }) => isAllowedAddress(address))) {
        callback(refusedUrl(NOT_PUBLIC), '');
      } else if (options.all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

const NOT_PUBLIC = 'The host of the URL does not exist or is not on the public internet.';

export type AddressCheck = (address: string) => boolean;

export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;
