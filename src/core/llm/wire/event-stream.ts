import { ModelError } from '../language-model.ts';
import { field, listField, parseJson, textField } from './field.ts';
import { errorFromReport, type ProviderIdentity } from './provider-error.ts';
import { EventTooLargeError, type SseEvent, SseReader } from './sse-reader.ts';

/**
 * Rewrites the events of an answer in the one form that every SDK reads: `event:` with the type of the data if it has
 * one, `data:` with JSON on one line, an empty line. Drops comments, heartbeats and events without data. Ends at
 * `[DONE]`, which it reports to `onDone`.
 * Errors: ModelError for an error that an event reports, for data that is not a JSON object, and for an event that is
 * too large. The events before it are delivered first.
 */
export async function* rewriteEvents(
  chunks: AsyncIterable<Uint8Array>,
  identity: ProviderIdentity,
  onDone: () => void,
): AsyncGenerator<Uint8Array> {
  const reader = new SseReader();
  const encoder = new TextEncoder();
  for await (const batch of readBatches(chunks, reader, identity)) {
    let text = '';
    let end: ModelError | 'done' | undefined;
    for (const event of batch) {
      const rewritten = rewrite(event, identity);
      if (typeof rewritten === 'string') text += rewritten;
      else end = rewritten ?? 'done';
      if (end) break;
    }
    if (text) yield encoder.encode(text);
    if (end === 'done') return onDone();
    if (end) throw end;
  }
}

async function* readBatches(
  chunks: AsyncIterable<Uint8Array>,
  reader: SseReader,
  { provider }: ProviderIdentity,
): AsyncGenerator<SseEvent[]> {
  try {
    for await (const bytes of chunks) yield reader.read(bytes);
    yield reader.end();
  } catch (error) {
    if (!(error instanceof EventTooLargeError)) throw error;
    throw new ModelError('UNAVAILABLE', `The answer of ${provider} is unreadable: ${error.message}.`, {
      cause: error,
      retryable: false,
    });
  }
}

/** Null for the end marker. */
function rewrite({ name, data }: SseEvent, identity: ProviderIdentity): string | ModelError | null {
  const text = data.trim();
  if (text === '' || text === 'null' || (name !== undefined && HEARTBEAT.test(name))) return '';
  if (text === END_MARKER) return null;
  const body = parseJson(text);
  if (name === 'error' || isErrorReport(body)) return errorFromReport(reportIn(body ?? text), identity);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return new ModelError(
      'UNAVAILABLE',
      `The answer of ${identity.provider} was interrupted or is unreadable. Try again.`,
    );
  const ownType = textField(body, 'type');
  const type = ownType ?? (name !== undefined && TYPE_AS_NAME.test(name) ? name : undefined);
  if (type === undefined) return `data: ${onOneLine(text, body)}\n\n`;
  const json = ownType === undefined ? JSON.stringify({ ...body, type }) : onOneLine(text, body);
  return `event: ${type}\ndata: ${json}\n\n`;
}

function onOneLine(text: string, body: object): string {
  return text.includes('\n') ? JSON.stringify(body) : text;
}

function isErrorReport(body: unknown): boolean {
  return (
    textField(body, 'type') === 'error' ||
    textField(body, 'object') === 'error' ||
    Boolean(field(body, 'error')) ||
    listField(body, 'errors').length > 0 ||
    Boolean(field(listField(body, 'choices')[0], 'error')) ||
    Boolean(field(field(body, 'response'), 'error'))
  );
}

/** The error may stand in the event, in its first choice, or in the response that it is about. */
function reportIn(body: unknown): unknown {
  const places = [body, listField(body, 'choices')[0], field(body, 'response')];
  return places.find((place) => Boolean(field(place, 'error'))) ?? body;
}

const END_MARKER = '[DONE]';
/** Anthropic's events, of which some servers tell the type only in the name. Google's SDK takes no named event. */
const TYPE_AS_NAME = /^(?:message|content_block)_/;
const HEARTBEAT = /^(?:ping|heartbeat|keep-?alive)$/i;
