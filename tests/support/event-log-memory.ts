import {
  type EventLog,
  type FencedAppend,
  FencedError,
  type LogAppend,
  type LogPage,
  type LogState,
  MAX_PAGE_BYTES,
  type StoredEvent,
  type TextPart,
} from '../../src/core/event-log/event-log.ts';
import type { Log } from '../../src/core/event-log/log.ts';

/** The event log within one process, for tests and for tools that need no durability. No log is ever busy. */
export class MemoryEventLog implements EventLog {
  readonly #logs = new Map<string, MemoryLog>();

  /** The effect of a claim on the log (see `claims.ts`): creates it if necessary, and raises the fence. */
  raiseFence(logId: string): number {
    return ++this.#log(logId).fence;
  }

  async append(appends: readonly LogAppend[]): Promise<StoredEvent[]> {
    const fenced = appends.find((append) => this.#isFenced(append));
    if (fenced) throw new FencedError(fenced.logId);
    return inOrder(appends).flatMap((append) => this.#store(append));
  }

  async appendAvailable(appends: readonly FencedAppend[]) {
    const fenced = appends.filter((append) => this.#isFenced(append));
    const accepted = appends.filter((append) => !fenced.includes(append));
    return {
      stored: inOrder(accepted).flatMap((append) => this.#store(append)),
      busy: [],
      fenced: fenced.map(({ logId }) => logId),
    };
  }

  async state(logId: string): Promise<LogState> {
    const log = this.#logs.get(logId);
    return { head: log?.head ?? 0, floor: log?.floor ?? 0 };
  }

  async heads(logIds: readonly string[]): Promise<Map<string, number>> {
    const known = logIds.filter((logId) => this.#logs.has(logId));
    return new Map(known.map((logId) => [logId, this.#log(logId).head]));
  }

  async read<Event>(log: Log<Event>, after: number, limit: number): Promise<LogPage<Event>> {
    const { floor, events } = this.#logs.get(log) ?? EMPTY;
    const later = events.slice(Math.max(0, after - floor)) as StoredEvent<Event>[];
    let bytes = 0;
    const page = later.slice(0, limit).filter(({ data }, index) => {
      bytes += Buffer.byteLength(JSON.stringify(data));
      return index === 0 || bytes <= MAX_PAGE_BYTES;
    });
    return { events: page, hasMore: page.length < later.length };
  }

  async texts<Event>(log: Log<Event>, parts: readonly TextPart<Event>[]): Promise<string[]> {
    const events = (this.#logs.get(log) ?? EMPTY).events.map(({ data }) => data as Record<string, unknown>);
    return parts.map((part) =>
      events
        .filter((event) => Object.entries(part).every(([field, value]) => event[field] === value))
        .map(({ text }) => text)
        .join(''),
    );
  }

  async trim(logId: string, upTo: number): Promise<void> {
    const log = this.#logs.get(logId);
    if (!log) return;
    const floor = Math.min(log.head, Math.max(log.floor, upTo));
    log.events.splice(0, floor - log.floor);
    log.floor = floor;
  }

  async erase(logId: string): Promise<void> {
    const log = this.#logs.get(logId);
    if (!log) return;
    log.fence += 1;
    await this.trim(logId, log.head);
  }

  #isFenced({ logId, fence }: LogAppend): boolean {
    return fence !== undefined && fence !== (this.#logs.get(logId) ?? EMPTY).fence;
  }

  /** Copies through JSON, as a database does, so that later changes by the writer have no effect. */
  #store({ logId, events }: LogAppend): StoredEvent[] {
    const log = this.#log(logId);
    const at = new Date();
    const stored = events.map((event) => ({
      logId,
      seq: ++log.head,
      at,
      data: JSON.parse(JSON.stringify(event)) as unknown,
    }));
    log.events.push(...stored);
    return stored;
  }

  #log(logId: string): MemoryLog {
    const log = this.#logs.get(logId) ?? { head: 0, floor: 0, fence: 0, events: [] };
    this.#logs.set(logId, log);
    return log;
  }
}

const inOrder = (appends: readonly LogAppend[]) => appends.toSorted((a, b) => (a.logId < b.logId ? -1 : 1));

const EMPTY: Readonly<MemoryLog> = { head: 0, floor: 0, fence: 0, events: [] };

interface MemoryLog extends LogState {
  fence: number;
  /** The events after the floor. */
  events: StoredEvent[];
}
