import { FencedError } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Services } from '../context.ts';

/**
 * Runs the work of one claim on a subject that any process may send signals to (a cancel, a decision).
 *
 * Reads the head of the signal log before `work` starts. `work` loads its rows and then calls `listen`, so that every
 * signal is either reflected in the rows or handled. If another worker takes over the claim, the work ends without an
 * error, because that worker continues it. Resolves when the listener has stopped.
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

/** Must not throw. The next claim finds the effect of a signal that could not be handled in the rows. */
type OnSignal<Signal> = (signal: Signal) => void | Promise<void>;
