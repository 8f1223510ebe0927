import { MIMEType } from 'node:util';

/** Whether a content type is text that a model can read: text, JSON, XML and formats based on them. */
export function isReadable(contentType: string | null): boolean {
  const essence = parse(contentType)?.essence ?? '';
  return essence.startsWith('text/') || /^application\/(?:json|xml)$|\+(?:json|xml)$/.test(essence);
}

/** The media type in lower case, without parameters. Null when it is missing or invalid. */
export function mediaTypeOf(contentType: string | null): string | null {
  return parse(contentType)?.essence ?? null;
}

/** Decodes with the declared charset, else the page's `<meta charset>`, else UTF-8. Never fails. */
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

/** The limit of the HTML standard. */
const META_SEARCH_BYTES = 1_024;
