import type { AccountState } from './holds.ts';

/**
 * Decides, first come first served, which requests get their money now. One whose turn has not come blocks those
 * behind it that want money of the same account, so that small requests never starve a large one; requests that
 * share only other accounts with it pass.
 */
export function admit<Request extends TurnRequest>(
  requests: Iterable<Request>,
  accounts: ReadonlyMap<string, AccountState>,
): Turns<Request> {
  const turns: Turns<Request> = { granted: [], refused: [], waiting: [] };
  const balances = new Map<string, Balance>();
  const bookOf = (accountId: string) => {
    const balance = balances.get(accountId) ?? {
      ...(accounts.get(accountId) ?? UNTOUCHED),
      isContended: false,
    };
    balances.set(accountId, balance);
    return balance;
  };
  for (const request of requests) {
    const shortages = request.limits
      .map((limit) => shortageOf(limit, request.amountMicros, bookOf(limit.accountId)))
      .filter((shortfall) => shortfall !== null);
    const shortfall = shortages.find(({ reason }) => reason === 'spent') ?? shortages[0];
    if (!shortfall) {
      for (const { accountId } of request.limits) bookOf(accountId).heldMicros += request.amountMicros;
      turns.granted.push(request);
    } else if (shortfall.reason === 'held') {
      bookOf(shortfall.accountId).isContended = true;
      turns.waiting.push({ request, shortfall });
    } else {
      turns.refused.push({ request, shortfall });
    }
  }
  return turns;
}

function shortageOf(
  { scope, accountId, limitMicros }: Limit,
  amountMicros: bigint,
  balance: Balance,
): Shortfall | null {
  if (limitMicros === null) return null;
  const { spentMicros, heldMicros, isContended } = balance;
  const free = limitMicros - spentMicros - amountMicros;
  if (free < 0n) return { reason: 'spent', scope, accountId, limitMicros, spentMicros };
  if (free < heldMicros || isContended) return { reason: 'held', scope, accountId, limitMicros, spentMicros };
  return null;
}

const UNTOUCHED: AccountState = { spentMicros: 0n, heldMicros: 0n };

export interface Limit {
  /** The caller's name for this kind of limit; given back with a shortfall. */
  scope?: string;
  accountId: string;
  /** Null: no cap, but counted. */
  limitMicros: bigint | null;
}

export interface Shortfall {
  /** `spent`: what is spent and the amount alone pass the cap. `held`: with what others hold, or want before. */
  reason: 'spent' | 'held';
  /** As in the limit. */
  scope?: string | undefined;
  accountId: string;
  limitMicros: bigint;
  spentMicros: bigint;
}

interface TurnRequest {
  limits: readonly Limit[];
  amountMicros: bigint;
}

interface Turns<Request> {
  granted: Request[];
  refused: { request: Request; shortfall: Shortfall }[];
  waiting: { request: Request; shortfall: Shortfall }[];
}

/** An account as it is while the requests are gone through. */
interface Balance extends AccountState {
  /** An earlier request could not be served for its sake. */
  isContended: boolean;
}
