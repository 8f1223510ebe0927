import { ModelError } from '../language-model.ts';
import { field, listField, parseJson, textField } from './field.ts';
import { errorFromReport, type ProviderIdentity } from './provider-error.ts';
import { EventTooLargeError, type SseEvent, SseReader } from './sse-reader.ts';

/**
 * Reads the events of an answer, one list for each piece that arrives: the data of each event, with the `type` that
 * only its name tells. Drops comments, heartbeats and events without data. Ends at `[DONE]`, which it reports to
 * `onDone`. The SDKs do not read them, because each of their readers refuses harmless lines that the others take.
 * Errors: ModelError for an error that an event reports, for data that is not a JSON object, and for an event that is
 * too large. The events before it are delivered first.
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  identity: ProviderIdentity,
  onDone: () => void,
): AsyncGenerator<object[]> {
  const reader = new SseReader();
  for await (const batch of readBatches(chunks, reader, identity)) {
    const events: object[] = [];
    let end: ModelError | 'done' | undefined;
    for (const event of batch) {
      const body = bodyOf(event, identity);
      if (body === 'done' || body instanceof ModelError) {
        end = body;
        break;
      }
      if (body) events.push(body);
    }
    if (events.length > 0) yield events;
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

/** Null for an event that says nothing. */
function bodyOf({ name, data }: SseEvent, identity: ProviderIdentity): object | ModelError | 'done' | null {
  const text = data.trim();
  if (text === '' || text === 'null' || (name !== undefined && HEARTBEAT.test(name))) return null;
  if (text === END_MARKER) return 'done';
  const body = parseJson(text);
  const mayReport = text.includes('"error'); // in a long answer, most events are only text
  if (name === 'error' || (mayReport && isErrorReport(body)))
    return errorFromReport(reportIn(body ?? text), identity);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return new ModelError(
      'UNAVAILABLE',
      `The answer of ${identity.provider} was interrupted or is unreadable. Try again.`,
    );
  return name === undefined || 'type' in body ? body : { ...body, type: name };
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
const HEARTBEAT = /^(?:ping|heartbeat|keep-?alive)$/i;
