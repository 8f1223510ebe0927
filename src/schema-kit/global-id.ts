/**
 * Ids as clients see them: base64url of `<type>:<id>`, without padding,, opaque and stable. Whatever does not decode to an id of
 * the wanted type reads as '', the id of nothing, so that garbage and a missing object give the same answer.
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
  return { typename, id };
}

const GLOBAL_ID = /^([A-Za-z]\w{0,63}):([\w:.-]{1,256})$/;
