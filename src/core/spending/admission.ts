import type { AccountState } from './holds.ts';

/**
 * Decides, first come, first served, which requests are granted now. A request that must wait blocks later requests
 * for the account that it waits for, so that small requests never starve a large one. Requests that share only
 * other accounts with it are not blocked. A request is granted less than its amount only because of what is spent,
 * never because of what others hold.
 */
export function admit<Request extends AdmissionRequest>(
  requests: Iterable<Request>,
  accounts: ReadonlyMap<string, AccountState>,
): Admissions<Request> {
  const admissions: Admissions<Request> = { granted: [], refused: [], waiting: [] };
  const balances = new Map<string, Balance>();
  const balanceOf = (accountId: string) => {
    const balance = balances.get(accountId) ?? {
      ...(accounts.get(accountId) ?? UNTOUCHED),
      isContended: false,
    };
    balances.set(accountId, balance);
    return balance;
  };
  for (const request of requests) {
    const amountMicros = affordable(request, balanceOf);
    const shortfalls = request.limits
      .map((limit) => shortfallOf(limit, amountMicros, balanceOf(limit.accountId)))
      .filter((shortfall) => shortfall !== null);
    const shortfall = shortfalls.find(({ reason }) => reason === 'spent') ?? shortfalls[0];
    if (!shortfall) {
      for (const { accountId } of request.limits) balanceOf(accountId).heldMicros += amountMicros;
      admissions.granted.push({ request, amountMicros });
    } else if (shortfall.reason === 'held') {
      balanceOf(shortfall.accountId).isContended = true;
      admissions.waiting.push({ request, shortfall });
    } else {
      admissions.refused.push({ request, shortfall });
    }
  }
  return admissions;
}

/** The whole amount, or what spending leaves of it, but never less than the least that is of use. */
function affordable(
  { limits, amountMicros, leastMicros = amountMicros }: AdmissionRequest,
  balanceOf: (accountId: string) => Balance,
): bigint {
  const left = limits.flatMap(({ accountId, limitMicros }) =>
    limitMicros === null ? [] : [limitMicros - balanceOf(accountId).spentMicros],
  );
  const most = left.reduce((least, one) => (one < least ? one : least), amountMicros);
  return most < leastMicros ? leastMicros : most;
}

function shortfallOf(
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
  /** The caller's name of this kind of limit. Returned with a shortfall. */
  scope?: string;
  accountId: string;
  /** Null: unlimited, but spending is still recorded. */
  limitMicros: bigint | null;
}

export interface Shortfall {
  /**
   * `spent`: spending plus the amount exceeds the limit. `held`: it exceeds the limit together with amounts that other
   * reservations hold or that earlier requests are waiting for.
   */
  reason: 'spent' | 'held';
  /** The scope of the limit. */
  scope?: string | undefined;
  accountId: string;
  limitMicros: bigint;
  spentMicros: bigint;
}

interface AdmissionRequest {
  limits: readonly Limit[];
  amountMicros: bigint;
  /** The least that is granted when spending leaves less than the amount. Default: the amount. */
  leastMicros?: bigint;
}

interface Admissions<Request> {
  granted: { request: Request; amountMicros: bigint }[];
  refused: { request: Request; shortfall: Shortfall }[];
  waiting: { request: Request; shortfall: Shortfall }[];
}

/** The state of an account during one pass over the requests. */
interface Balance extends AccountState {
  /** An earlier request is waiting for this account. */
  isContended: boolean;
}
