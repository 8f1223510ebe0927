import { afterAll, describe, expect, it } from 'vitest';
import { FencedError } from '../../../../src/core/event-log/event-log.ts';
import { LogFollower } from '../../../../src/core/event-log/follow.ts';
import { MemoryLiveChannel } from '../../../../src/core/event-log/live-channel-memory.ts';
import { logKind } from '../../../../src/core/event-log/log.ts';
import { withSignals } from '../../../../src/kernel/work/claimed-work.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryEventLog } from '../../../support/event-log-memory.ts';

const signals = logKind<{ type: string }>('signals')('subject');
const eventLog = new MemoryEventLog();
const live = new MemoryLiveChannel();
const followers = new LogFollower({ log: eventLog, live, onError: () => {}, headsIntervalMs: 10 });
const services = { eventLog, followers };
afterAll(() => followers.close());

describe('withSignals', () => {
  it('passes on signals sent since the work started, even before it listened, and no older ones', async () => {
    await send('old');
    const heard: string[] = [];
    await withSignals(services, signals, async (listen) => {
      await send('while the rows are loaded');
      listen(({ type }) => void heard.push(type));
      await send('while it works');
      await eventually(() => heard.length === 2);
    });
    expect(heard).toEqual(['while the rows are loaded', 'while it works']);
  });

  it('passes on no signals after the work has ended', async () => {
    const heard: string[] = [];
    await withSignals(services, signals, async (listen) => listen(({ type }) => void heard.push(type)));
    await send('late');
    await new Promise((resolve) => setTimeout(resolve, 30)); // three reads of the heads
    expect(heard).toEqual([]);
  });

  it('resolves when another worker has taken over the claim', async () => {
    await withSignals(services, signals, () => Promise.reject(new FencedError('subject')));
  });

  it('throws any other error after the listener has stopped', async () => {
    const work = withSignals(services, signals, async (listen) => {
      listen(() => {});
      throw new Error('broken');
    });
    await expect(work).rejects.toThrow('broken');
  });
});

async function send(type: string): Promise<void> {
  live.publish(await eventLog.append([{ logId: signals, events: [{ type }] }]));
}
