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
  const books = new Map<string, Book>();
  const bookOf = (accountId: string) => {
    const book = books.get(accountId) ?? { ...(accounts.get(accountId) ?? UNTOUCHED), waitedFor: false };
    books.set(accountId, book);
    return book;
  };
  for (const request of requests) {
    const shortages = request.limits
      .map((limit) => shortageOf(limit, request.amountMicros, bookOf(limit.accountId)))
      .filter((shortage) => shortage !== null);
    const shortage = shortages.find(({ reason }) => reason === 'spent') ?? shortages[0];
    if (!shortage) {
      for (const { accountId } of request.limits) bookOf(accountId).heldMicros += request.amountMicros;
      turns.granted.push(request);
    } else if (shortage.reason === 'held') {
      bookOf(shortage.accountId).waitedFor = true;
      turns.waiting.push({ request, shortage });
    } else {
      turns.refused.push({ request, shortage });
    }
  }
  return turns;
}

function shortageOf({ accountId, capMicros }: Limit, amountMicros: bigint, book: Book): Shortage | null {
  if (capMicros === null) return null;
  const { spentMicros, heldMicros, waitedFor } = book;
  const free = capMicros - spentMicros - amountMicros;
  if (free < 0n) return { reason: 'spent', accountId, capMicros, spentMicros };
  if (free < heldMicros || waitedFor) return { reason: 'held', accountId, capMicros, spentMicros };
  return null;
}

const UNTOUCHED: AccountState = { spentMicros: 0n, heldMicros: 0n };

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

/** An account as it is while the requests are gone through. */
interface Book extends AccountState {
  /** An earlier request could not be served for its sake. */
  waitedFor: boolean;
}
