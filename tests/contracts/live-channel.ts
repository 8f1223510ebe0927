import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/core/event-log/event-log.ts';
import type { LiveChannel } from '../../src/core/event-log/live-channel.ts';
import { eventually } from '../support/eventually.ts';

/** The contract of every available live channel. `open` returns its two ends, which may be the same object. */
export function describeLiveChannel(name: string, open: () => Ends): void {
  describe(name, () => {
    it('delivers events as they were stored, in batches with the seq of the newest', async () => {
      const { near, far } = open();
      const logId = newLog();
      const heard = new Heard();
      await far.subscribe(logId, heard.listener);
      const events = [event(logId, 4, { text: 'é\n' }), event(logId, 5, null)];
      await eventually(() => {
        near.publish(events); // at most once: a channel that is still connecting may lose some
        return heard.events.length > 0;
      });
      expect(heard.events.slice(0, 2)).toEqual(events);
      expect(heard.events[0]!.at).toBeInstanceOf(Date);
      expect(heard.heads[0]).toBe(5);
    });

    it('separates logs', async () => {
      const { near, far } = open();
      const [mine, other] = [newLog(), newLog()];
      const heard = new Heard();
      await far.subscribe(mine, heard.listener);
      await eventually(() => {
        near.publish([event(other, 1), event(mine, 7), event(other, 2)]);
        return heard.events.length > 0;
      });
      expect(heard.events.every(({ logId, seq }) => logId === mine && seq === 7)).toBe(true);
    });

    it('serves several subscriptions to a log, each until it is cancelled', async () => {
      const { near, far } = open();
      const logId = newLog();
      const [leaver, stayer] = [new Heard(), new Heard()];
      const leave = await far.subscribe(logId, leaver.listener);
      await far.subscribe(logId, stayer.listener);
      await eventually(() => {
        near.publish([event(logId, 1)]);
        return leaver.events.length > 0 && stayer.events.length > 0;
      });
      leave();
      const before = leaver.events.length;
      await eventually(() => {
        near.publish([event(logId, 2)]);
        return stayer.heads.includes(2);
      });
      expect(leaver.events).toHaveLength(before);
    });

    it('accepts a listener again, and the same one twice', async () => {
      const { near, far } = open();
      const logId = newLog();
      const heard = new Heard();
      (await far.subscribe(logId, heard.listener))();
      const leave = await far.subscribe(logId, heard.listener);
      await far.subscribe(logId, heard.listener);
      leave();
      await eventually(() => {
        near.publish([event(logId, 1)]);
        return heard.events.length > 0;
      });
    });
  });
}

export const newLog = () => `log:${randomUUID()}`;

export const event = (logId: string, seq: number, data: unknown = { seq }): StoredEvent => ({
  logId,
  seq,
  at: new Date(1_700_000_000_000 + seq),
  data,
});

/** The events that a subscription has received. */
export class Heard {
  readonly heads: number[] = [];
  readonly events: StoredEvent[] = [];
  readonly listener = (head: number, events: readonly StoredEvent[]): void => {
    this.heads.push(head);
    this.events.push(...events);
  };
}

interface Ends {
  near: LiveChannel;
  far: LiveChannel;
}
