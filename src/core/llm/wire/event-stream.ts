import { ModelError } from '../language-model.ts';
import { isErrorReport, isForeign, reportIn, reportInLines } from './event-report.ts';
import { parseJson } from './field.ts';
import { errorFromReport, type ProviderIdentity } from './provider-error.ts';
import { EventTooLargeError, type SseEvent, SseReader } from './sse-reader.ts';

/**
 * Reads the events of an answer, one list for each piece that arrives: the data of each event, with the `type` that
 * only its name tells. Drops comments, heartbeats and events without data. Ends at `[DONE]`. The SDKs do not read them,
 * because each of their readers refuses harmless lines that the others take.
 * Errors: ModelError for an error that an event reports, for data that is not a JSON object unless the answer is over,
 * for an event that is too large, and for words outside the protocol in place of an end. The events before it are
 * delivered first.
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  identity: ProviderIdentity,
  answer: AnswerState,
): AsyncGenerator<object[]> {
  const reader = new SseReader();
  let foreign: unknown;
  let hasEvents = false;
  const throwForeign = () => {
    const report = foreign ?? reportInLines(reader.foreignLines);
    const permanent = typeof report === 'string' && !hasEvents; // no answer of a model at all
    if (report !== undefined) throw errorFromReport(report, identity, { permanent });
  };
  for await (const batch of readBatches(chunks, reader, identity)) {
    let events: object[] = [];
    for (const event of batch) {
      const body = bodyOf(event, identity);
      if (body === null) continue;
      if (typeof body === 'object' && !(body instanceof ModelError)) {
        if (isForeign(body)) foreign ??= body;
        else events.push(body);
        continue;
      }
      hasEvents ||= events.length > 0;
      if (events.length > 0) yield events;
      events = [];
      if (body instanceof ModelError) throw body;
      if (body === 'done') {
        if (!hasEvents) throwForeign();
        return answer.hasEnded();
      }
      if (body === 'unreadable' && !answer.isOver) throw unreadable(identity);
    }
    hasEvents ||= events.length > 0;
    if (events.length > 0) yield events;
  }
  if (!answer.isOver) throwForeign();
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
function bodyOf(
  { name, data }: SseEvent,
  identity: ProviderIdentity,
): object | ModelError | 'done' | 'unreadable' | null {
  const text = data.trim();
  if (text === '' || text === 'null' || (name !== undefined && HEARTBEAT.test(name))) return null;
  if (!text.startsWith('{') && END_MARKER.test(text)) return 'done';
  const body = parseJson(text);
  const mayReport = REPORT_FIELD.test(text); // in a long answer, most events are only text
  if (name?.toLowerCase() === 'error' || (mayReport && isErrorReport(body)))
    return errorFromReport(reportIn(body ?? text), identity);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'unreadable';
  return name === undefined || 'type' in body ? body : { ...body, type: name };
}

function unreadable({ provider }: ProviderIdentity): ModelError {
  return new ModelError(
    'UNAVAILABLE',
    `The answer of ${provider} was interrupted or is unreadable. Try again.`,
  );
}

/** What the adapter has found out about the answer. */
export interface AnswerState {
  /** Whether its end has arrived. */
  readonly isOver: boolean;
  /** Called when the end marker has arrived. */
  hasEnded(): void;
}

const END_MARKER = /^"?\[?done\]?"?$/i;
const REPORT_FIELD = /"(?:error|success|(?:http_)?code|status)/;
const HEARTBEAT = /^(?:ping|heartbeat|keep-?alive)$/i;
