import { type Notice, notice } from '../../kernel/notice.ts';
import { dollars } from './budget.ts';
import type { Settlement } from './metered-call.ts';

/** What a person should know about the cost of a text. `what` begins the sentence, e.g. `The reply`. */
export function usageNotices(
  { estimated, unbookedMicros, costMicros }: Settlement,
  { what, stepKey = null }: { what: string; stepKey?: string | null },
): Notice[] {
  const cost = dollars(costMicros);
  if (unbookedMicros > 0n) {
    const message = `${what}: the provider reported more than it was allowed to write or read. It is charged with ${cost}, the most that was reserved.`;
    return [notice('USAGE_ABOVE_RESERVATION', message, { stepKey })];
  }
  if (!estimated) return [];
  const message = `${what}: the provider did not report what was used, or reported what cannot be. The cost of ${cost} is an estimate.`;
  return [notice('USAGE_ESTIMATED', message, { stepKey })];
}
