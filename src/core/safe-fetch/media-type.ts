import { MIMEType } from 'node:util';

/** Whether a content type is text that a model can read: text, JSON, XML and what is built on them. */
export function isReadable(contentType: string | null): boolean {
  const essence = parse(contentType)?.essence ?? '';
  return essence.startsWith('text/') || /^application\/(?:json|xml)$|\+(?:json|xml)$/.test(essence);
}

/** Without its parameters, lower case; null when there is none. */
export function mediaTypeOf(contentType: string | null): string | null {
  return parse(contentType)?.essence ?? null;
}

/** Decodes by the declared charset, then the page's own `<meta charset>`, then UTF-8. Never fails. */
export function decodeText(bytes: Uint8Array, contentType: string | null): string {
  const type = parse(contentType);
  const declared =
    type?.params.get('charset') ?? (type?.essence.includes('html') ? metaCharset(bytes) : undefined);
  return decode(bytes, declared);
}

function parse(contentType: string | null): MIMEType | undefined {
  try {
    return contentType === null ? undefined : new MIMEType(contentType);
  } catch {
    return undefined;
  }
}

function metaCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, META_SEARCH_BYTES)).toString('latin1');
  return /<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1];
}

function decode(bytes: Uint8Array, charset: string | undefined): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** As the HTML standard has it. */
const META_SEARCH_BYTES = 1_024;
