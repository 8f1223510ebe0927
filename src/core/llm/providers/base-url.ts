/**
 * What a base URL has too much at its end, because the client adds it: the path of a request, and the version, too,
 * where that of `example`, a right one, has none. Null: nothing.
 */
export function redundantEnd(baseUrl: string, example: string): string | null {
  const pattern = new RegExp(VERSION).test(example) ? REQUEST : VERSION_OR_REQUEST;
  const path = URL.parse(baseUrl)?.pathname.replace(/\/+$/, '') ?? '';
  return pattern.exec(path)?.[0] ?? null;
}

const VERSION = String.raw`\/v\d+(?:alpha|beta)?`;
const PATHS = String.raw`\/(?:(?:chat\/)?completions|responses|messages)`;
const REQUEST = new RegExp(`${PATHS}$`);
const VERSION_OR_REQUEST = new RegExp(String.raw`(?:${VERSION}(?:${PATHS}|\/models|\/openai)?|${PATHS})$`);
