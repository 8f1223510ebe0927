/**
 * Why a provider does not let a key be used: by its precise codes and words first, because providers do not agree on
 * statuses. Google reports a wrong key with status 400, Anthropic an empty account so, and OpenAI one with 429.
 */
export function accessProblemIn(words: string, status: number | undefined): AccessProblem | undefined {
  const plain = words.toLowerCase().replaceAll('-', '_');
  const told = WORDS.find(([, pattern]) => pattern.test(plain));
  return told?.[0] ?? (status === undefined ? undefined : STATUSES.get(status));
}

/** Without "exceeded your current quota": Google says so of a limit that is over in a minute, too. */
const WORDS: readonly (readonly [AccessProblem, RegExp])[] = [
  [
    'BLOCKED_REGION',
    /unsupported_country|country, region, or territory|location is not supported|not available in your (?:country|region)/,
  ],
  [
    'NO_CREDIT',
    /insufficient[_ ](?:quota|balance|credits?|funds)|billing_(?:not_active|hard_limit)|credit balance|credits_exhausted|payment_required|budget_exceeded|budget has been exceeded/,
  ],
  [
    'WRONG_KEY',
    /invalid_api_key|api_key_(?:invalid|expired)|api key (?:not valid|expired)|account_(?:deactivated|suspended)/,
  ],
  ['NOT_ALLOWED', /api_key_\w{1,30}_blocked/],
];

const STATUSES: ReadonlyMap<number, AccessProblem> = new Map([
  [401, 'WRONG_KEY'],
  [402, 'NO_CREDIT'],
  [403, 'NOT_ALLOWED'],
]);

export type AccessProblem =
  | 'WRONG_KEY'
  | 'NO_CREDIT'
  /** The provider does not serve the country of this server. */
  | 'BLOCKED_REGION'
  /** The key is good, but not for this server or this use. */
  | 'NOT_ALLOWED';
