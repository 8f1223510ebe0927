/**
 * How often the operations may be tried that need no session. An account means an e-mail address, whether or not an
 * account has it, so that the throttle reveals nothing. Addresses of clients are counted by /64 for IPv6.
 */

/** Failed attempts to guess a secret. */
export const GUESSES = {
  account: {
    /** Failures of an account without a lock. */
    free: 5,
    /** The lock after the last free failure; each further failure doubles it. */
    firstLockSeconds: 60,
    maxLockSeconds: 900,
    /** Failures are forgotten after this time, or by a success. */
    memorySeconds: 86_400,
  },
  /** An office of 50 people behind one address mistypes less; one address that tries 100 accounts does more. */
  address: { max: 60, seconds: 900 },
} as const;

/** Requests that cost something or send mail, whether they succeed or not. */
export const REQUESTS = {
  REGISTER: { account: { max: 5, seconds: 3_600 }, address: { max: 600, seconds: 3_600 } },
  /**
   * Each request sends mail to the account's address. Each purpose counts apart: who asks for resets of an address must
   * not keep others from inviting it.
   */
  RESET_LINK: { account: { max: 5, seconds: 3_600 }, address: { max: 50, seconds: 3_600 } },
  INVITATION: { account: { max: 5, seconds: 3_600 }, address: { max: 50, seconds: 3_600 } },
  NEW_ADDRESS: { account: { max: 5, seconds: 3_600 }, address: { max: 50, seconds: 3_600 } },
  /** To the address that the account has already. */
  VERIFY_LINK: { account: { max: 5, seconds: 3_600 }, address: { max: 50, seconds: 3_600 } },
  /** Whose link it is shows only when it is valid. */
  USE_LINK: { account: null, address: { max: 50, seconds: 3_600 } },
} as const satisfies Record<string, { account: Allowance | null; address: Allowance }>;

export interface Allowance {
  max: number;
  seconds: number;
}

export type ThrottledRequest = keyof typeof REQUESTS;
