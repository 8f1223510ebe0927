import type { ModelErrorCode } from '../language-model.ts';
import type { AccessProblem } from './access-problem.ts';

/**
 * What a provider's error means: a precise code, else words about refused content, else a problem of the key, else the
 * status, else a general code or general words, else `otherwise`. Codes are compared in lower case with `_` for `-`.
 */
export function errorCodeFor(
  { codes, status, words, problem }: ErrorSigns,
  otherwise: ModelErrorCode,
): ModelErrorCode {
  const names = codes.map((code) => code.toLowerCase().replaceAll('-', '_'));
  const named = (table: ReadonlyMap<string, ModelErrorCode>) =>
    names.map((name) => table.get(name)).find((code) => code !== undefined);
  const precise = named(PRECISE) ?? (REFUSAL.test(words) ? 'REFUSED' : problem && 'AUTH');
  if (precise) return precise;
  if (status !== undefined) return codeOfStatus(status);
  return named(GENERAL) ?? GENERAL_WORDS.find(([, pattern]) => pattern.test(words))?.[0] ?? otherwise;
}

export interface ErrorSigns {
  codes: readonly string[];
  /** Undefined: the error has none, e.g. inside an answer. */
  status: number | undefined;
  words: string;
  problem: AccessProblem | undefined;
}

function codeOfStatus(status: number): ModelErrorCode {
  if (status === 429) return 'RATE_LIMITED';
  if (status === 408 || status === 409 || status >= 500) return 'UNAVAILABLE';
  return 'BAD_REQUEST';
}

/** The content is refused, by a code or a status that the provider also uses for something else. */
const REFUSAL =
  /\b(?:input|prompt|content|message) was flagged|requires moderation|content exists risk|content[_ ]?(?:management |filtering )?policy|inappropriate content|data_inspection_failed/i;

/** For errors without a status or a known code. The first row counts. */
const GENERAL_WORDS: readonly (readonly [ModelErrorCode, RegExp])[] = [
  ['RATE_LIMITED', /rate[- ]limit|too many requests/i],
  ['AUTH', /(?:invalid|incorrect|missing|no) api[ _-]?key|unauthorized/i],
  [
    'UNAVAILABLE',
    /overloaded|unavailable|timed out|at capacity|(?:is|still) loading|crashed|out of memory|internal (?:server )?error/i,
  ],
  [
    'BAD_REQUEST',
    /unexpected endpoint|(?:no such|unknown) (?:model|endpoint)|model\b.{0,80}\bnot (?:found|exist)|context (?:length|window|size)|(?:prompt|input) is too long/i,
  ],
];

/** Codes that say more than the status beside them: some gateways report a too long prompt with 500. */
const PRECISE = table({
  REFUSED: [
    'content_filter',
    'content_filter_error',
    'content_policy_violation',
    'responsibleaipolicyviolation',
    'moderation_blocked',
    'bio_policy',
    'misalignment_policy_violation',
    'prohibited_content',
  ],
  BAD_REQUEST: [
    'context_length_exceeded',
    'context_window_exceeded',
    'exceed_context_size_error',
    'max_tokens_exceeded',
    'model_not_found',
    'model_not_supported',
    'model_not_available',
    'string_above_max_length',
    'unsupported_parameter',
    'unsupported_value',
    'unknown_parameter',
    'invalid_prompt',
  ],
});

/** Codes that say what a status would say, for errors without one. */
const GENERAL = table({
  RATE_LIMITED: [
    'rate_limit_exceeded',
    'rate_limit_error',
    'rate_limit_reached_error',
    'rate_limited',
    'rate_limit',
    'resource_exhausted',
    'quota_exceeded',
    'too_many_requests',
    'throttling_exception',
    'throttlingexception',
  ],
  AUTH: [
    'authentication_error',
    'unauthenticated',
    'unauthorized',
    'permission_error',
    'permission_denied',
    'forbidden',
    'access_denied',
    'billing_error',
  ],
  BAD_REQUEST: [
    'invalid_request_error',
    'invalid_request',
    'invalid_argument',
    'bad_request',
    'badrequesterror',
    'validation_error',
    'failed_precondition',
    'out_of_range',
    'unimplemented',
    'not_found',
    'not_found_error',
    'notfounderror',
    'request_too_large',
    'unprocessable_entity',
  ],
  UNAVAILABLE: [
    'server_error',
    'internal',
    'internal_error',
    'internal_server_error',
    'internalservererror',
    'api_error',
    'overloaded',
    'overloaded_error',
    'engine_overloaded',
    'engine_overloaded_error',
    'unavailable',
    'service_unavailable',
    'bad_gateway',
    'deadline_exceeded',
    'timeout',
    'timeout_error',
    'aborted',
    'cancelled',
    'unknown',
  ],
});

function table(names: Partial<Record<ModelErrorCode, string[]>>): ReadonlyMap<string, ModelErrorCode> {
  const rows = Object.entries(names) as [ModelErrorCode, string[]][];
  return new Map(rows.flatMap(([code, ofCode]) => ofCode.map((name) => [name, code] as const)));
}
