import { ModelError } from '../language-model.ts';
import { field, parseJson } from './field.ts';
import { errorFromReport, type ProviderIdentity } from './provider-error.ts';

/**
 * Reads the start of a body and returns the whole of it if it is a stream of events. Trusts the first characters more
 * than the content type: servers send errors as `text/event-stream`, and events as `text/plain`.
 * Errors: ModelError for anything else, with what was found. None of them is worth a second request.
 */
export async function openAnswer(
  chunks: AsyncGenerator<Uint8Array>,
  { status, headers }: Response,
  identity: ProviderIdentity,
): Promise<AsyncGenerator<Uint8Array>> {
  const contentType = headers.get('content-type') ?? '';
  const read: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let start = '';
  let kind: AnswerKind | undefined;
  while (kind === undefined) {
    const { done, value } = await chunks.next();
    if (value) read.push(value);
    start += value ? decoder.decode(value, { stream: true }) : '';
    kind = kindOf(start, contentType, done === true);
  }
  if (kind === 'events') return joined(read, chunks);
  const body = kind === 'json' ? parseJson(await readWhole(start, chunks, decoder)) : undefined;
  await chunks.return(undefined);
  if (isError(body)) throw errorFromReport(body, identity, { headers, permanent: true });
  throw new ModelError(
    'BAD_REQUEST',
    `${identity.provider} answered with ${describe(kind, body)} instead of a stream of events (${status}). ` +
      'Check that the base URL is that of its API and that the server supports streaming.',
  );
}

/** Undefined while the start does not tell yet. */
function kindOf(start: string, contentType: string, isEnd: boolean): AnswerKind | undefined {
  const text = start.trimStart();
  const isTold = isEnd || start.length > MAX_START_CHARACTERS;
  if (text === '' && isTold) return isEnd ? 'empty' : 'text';
  if (text === '') return undefined;
  if (text.startsWith('{') || text.startsWith('[')) return 'json';
  if (text.startsWith('<')) return 'html';
  if (/^text\/event-stream\b/i.test(contentType)) return 'events';
  if (text.length < LONGEST_FIELD && !isTold) return undefined;
  return EVENT_FIELD.test(text) ? 'events' : 'text';
}

async function* joined(start: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* start;
    yield* rest;
  } finally {
    await rest.return(undefined); // also when the reader leaves during the start
  }
}

async function readWhole(
  start: string,
  chunks: AsyncIterable<Uint8Array>,
  decoder: TextDecoder,
): Promise<string> {
  let text = start;
  for await (const bytes of chunks) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_JSON_CHARACTERS) break;
  }
  return text;
}

function isError(body: unknown): boolean {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  return Boolean(field(first, 'error')) || Array.isArray(field(first, 'errors')) || isErrorObject(first);
}

function isErrorObject(body: unknown): boolean {
  return field(body, 'type') === 'error' || field(body, 'object') === 'error';
}

function describe(kind: Exclude<AnswerKind, 'events'>, body: unknown): string {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const isCompletion = ['choices', 'candidates', 'content', 'output'].some((name) => field(first, name));
  if (kind === 'json' && isCompletion) return 'a whole completion';
  return NAMES[kind];
}

const NAMES: Record<Exclude<AnswerKind, 'events'>, string> = {
  json: 'JSON that is no completion',
  html: 'an HTML page',
  text: 'plain text',
  empty: 'an empty body',
};

const EVENT_FIELD = /^(?::|(?:data|event|id|retry)\b)/;
const LONGEST_FIELD = 'retry:'.length;
const MAX_START_CHARACTERS = 64 * 1024;
const MAX_JSON_CHARACTERS = 1024 * 1024;

type AnswerKind = 'events' | 'json' | 'html' | 'text' | 'empty';
