import { FencedError } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Services } from '../context.ts';

/**
 * One claim's work on a subject whose signals (a cancel, a decision) may come from any process.
 *
 * The end of the signals' log is read before `work` begins. `work` loads its rows and then calls `listen`: a signal
 * is either older than the rows or handled. When the claim has been taken over, the work ends quietly: whoever holds
 * it now goes on. Resolves when the listener has left.
 */
export async function withSignals<Signal>(
  services: Pick<Services, 'eventLog' | 'followers'>,
  signals: Log<Signal>,
  work: (listen: (onSignal: OnSignal<Signal>) => void) => Promise<void>,
): Promise<void> {
  const { head } = await services.eventLog.state(signals);
  const ended = new AbortController();
  let listening: Promise<void> | undefined;

  async function follow(onSignal: OnSignal<Signal>): Promise<void> {
    for await (const { data } of services.followers.follow(signals, head, ended.signal)) await onSignal(data);
  }

  try {
    await work((onSignal) => void (listening ??= follow(onSignal)));
  } catch (error) {
    if (!(error instanceof FencedError)) throw error;
  } finally {
    ended.abort();
    await listening;
  }
}

/** Must not throw: a signal that cannot be handled is found again by the next claim. */
type OnSignal<Signal> = (signal: Signal) => void | Promise<void>;
