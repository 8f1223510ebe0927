import type { AccountState } from './holds.ts';

/**
 * Decides, first come first served, which requests get their money now. One whose turn has not come blocks those
 * behind it that want money of the same account, so that small requests never starve a large one; requests that
 * share only other accounts with it pass.
 */
export function takeTurns<Request extends TurnRequest>(
  requests: Iterable<Request>,
  accounts: ReadonlyMap<string, AccountState>,
): Turns<Request> {
  const turns: Turns<Request> = { granted: [], refused: [], waiting: [] };
  const states = new Map([...accounts].map(([id, state]) => [id, { ...state, waitedFor: false }]));
  for (const request of requests) {
    const shortages = request.limits
      .map((limit) => shortageOf(limit, request.amountMicros, states.get(limit.accountId)))
      .filter((shortage) => shortage !== null);
    const shortage = shortages.find(({ reason }) => reason === 'spent') ?? shortages[0];
    if (!shortage) turns.granted.push(request);
    else if (shortage.reason === 'spent') turns.refused.push({ request, shortage });
    else turns.waiting.push({ request, shortage });

    for (const { accountId } of request.limits) {
      const state = states.get(accountId);
      if (state && !shortage) state.heldMicros += request.amountMicros;
      if (state && shortage?.reason === 'held' && shortage.accountId === accountId) state.waitedFor = true;
    }
  }
  return turns;
}

function shortageOf(
  { accountId, capMicros }: Limit,
  amountMicros: bigint,
  { spentMicros, heldMicros, waitedFor } = UNTOUCHED,
): Shortage | null {
  if (capMicros === null) return null;
  const free = capMicros - spentMicros - amountMicros;
  if (free < 0n) return { reason: 'spent', accountId, capMicros, spentMicros };
  if (free < heldMicros || waitedFor) return { reason: 'held', accountId, capMicros, spentMicros };
  return null;
}

const UNTOUCHED = { spentMicros: 0n, heldMicros: 0n, waitedFor: false };

export interface Limit {
  accountId: string;
  /** Null: no cap, but counted. */
  capMicros: bigint | null;
}

export interface Shortage {
  /** `spent`: what is spent and the amount alone pass the cap. `held`: with what others hold, or want before. */
  reason: 'spent' | 'held';
  accountId: string;
  capMicros: bigint;
  spentMicros: bigint;
}

interface TurnRequest {
  limits: readonly Limit[];
  amountMicros: bigint;
}

interface Turns<Request> {
  granted: Request[];
  refused: { request: Request; shortage: Shortage }[];
  waiting: { request: Request; shortage: Shortage }[];
}
