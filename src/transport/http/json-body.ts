import type { IncomingMessage } from 'node:http';
import type { Refusal } from './refusal.ts';

/** Reads the body of a request as a JSON object; an empty body is an empty object. The refusal of any other body. */
export async function readJsonObject(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) return refused(413, `The body is larger than ${maxBytes} bytes.`);
    pieces.push(piece);
  }
  if (bytes === 0) return { value: {} };
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return refused(415, 'The body must be JSON, with the header Content-Type: application/json.');
  const value = objectOf(Buffer.concat(pieces).toString());
  return value ? { value } : refused(400, 'The body must be a JSON object, or empty.');
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function refused(status: number, message: string): JsonBody {
  return { refusal: { status, message } };
}

type JsonBody = { value: Record<string, unknown>; refusal?: never } | { value?: never; refusal: Refusal };
