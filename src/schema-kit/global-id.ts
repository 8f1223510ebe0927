/**
 * Global ids, the ids that clients see: unpadded base64url of `<type>:<id>`. An id that does not decode to the
 * expected type becomes '', which no row has, so a malformed id gives the same answer as a missing object. An object has
 * one id: another spelling of it, such as a padded one, is malformed.
 */
export function decodeId(globalId: string, typename: string): string {
  const decoded = decodeGlobalId(globalId);
  return decoded.typename === typename ? decoded.id : '';
}

export function encodeId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64url');
}

export function decodeGlobalId(globalId: string): { typename: string; id: string } {
  const [, typename = '', id = ''] = GLOBAL_ID.exec(Buffer.from(globalId, 'base64url').toString()) ?? [];
  return encodeId(typename, id) === globalId ? { typename, id } : { typename: '', id: '' };
}

const GLOBAL_ID = /^([A-Za-z]\w{0,63}):([\w:.@/-]{1,256})$/;
