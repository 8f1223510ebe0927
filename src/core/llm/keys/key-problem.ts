import { accessProblemIn, type AccessProblem } from '../wire/access-problem.ts';

/** What is wrong with a key, by what its provider answered. Null: the provider accepts the key, whatever else it refuses. */
export function problemIn(text: string, status: number): KeyProblem | null {
  const problem = accessProblemIn(text, status);
  if (problem) return problem;
  if (status === 429) return 'BUSY';
  if (status === 408 || status >= 500) return 'UNREACHABLE';
  return UNKNOWN_MODEL.test(text) ? null : 'OTHER_SERVER';
}

/** The key cannot be used, or it is not known whether it can. The message says what to do, and never holds the key. */
export class KeyRejectedError extends Error {
  readonly problem: KeyProblem;

  constructor(problem: KeyProblem, provider: string, quote = '') {
    super(`${SENTENCES[problem].replaceAll('{provider}', provider)}${quote}`);
    this.name = 'KeyRejectedError';
    this.problem = problem;
  }

  /** Whether the same key may be found good later. */
  get isRetryable(): boolean {
    return this.problem === 'BUSY' || this.problem === 'UNREACHABLE';
  }
}

/** A provider looks at the key before it looks for the model. */
const UNKNOWN_MODEL = /"not_found_error"|"model_not_found"/;

const SENTENCES: Record<KeyProblem, string> = {
  WRONG_KEY: '{provider} does not accept this key. Copy it again from your account there, or make a new one.',
  NO_CREDIT:
    'The account of this key at {provider} has no credit or quota left. Add credit there, or raise its limit, and try again.',
  BLOCKED_REGION:
    '{provider} does not serve the region that this server is in. Use a base URL in a region that it serves, or another provider.',
  NOT_ALLOWED:
    '{provider} knows this key but does not let it be used here. Check its permissions and allowed addresses in your account there.',
  OTHER_SERVER: 'The server does not answer as {provider} does. Check the base URL.',
  BUSY: '{provider} has too many requests of this account just now. Try again in a minute.',
  UNREACHABLE:
    '{provider} cannot be reached. Try again later. A base URL must belong to a server on the public internet: check it, if you gave one.',
};

export type KeyProblem =
  | AccessProblem
  /** What answers is not the provider's API. */
  | 'OTHER_SERVER'
  | 'BUSY'
  | 'UNREACHABLE';
