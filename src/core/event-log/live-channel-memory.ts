import type { StoredEvent } from './event-log.ts';
import type { LiveChannel, LiveListener } from './live-channel.ts';

/** The live channel within one process. Listeners are called before `publish` returns. */
export class MemoryLiveChannel implements LiveChannel {
  readonly #listeners = new Map<string, Set<LiveListener>>();

  publish(events: readonly StoredEvent[]): void {
    for (const [logId, batch] of Map.groupBy(events, (event) => event.logId)) {
      for (const listener of this.#listeners.get(logId) ?? []) listener(batch.at(-1)!.seq, batch);
    }
  }

  async subscribe(logId: string, listener: LiveListener): Promise<() => void> {
    const own: LiveListener = (head, events) => listener(head, events);
    const listeners = this.#listeners.get(logId) ?? new Set();
    this.#listeners.set(logId, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(logId) === listeners) this.#listeners.delete(logId);
    };
  }
}
