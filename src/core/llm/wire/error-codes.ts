import type { ModelErrorCode } from '../language-model.ts';
import type { AccessProblem } from './access-problem.ts';

/**
 * What a provider's error means: a precise code, else a problem of the key, else the status, else a general code. Codes
 * are compared in lower case with `_` for `-`.
 */
export function errorCodeFor(
  codes: readonly string[],
  status: number | undefined,
  problem: AccessProblem | undefined,
): ModelErrorCode {
  const names = codes.map((code) => code.toLowerCase().replaceAll('-', '_'));
  const named = (table: ReadonlyMap<string, ModelErrorCode>) =>
    names.map((name) => table.get(name)).find((code) => code !== undefined);
  const precise = named(PRECISE) ?? (problem && 'AUTH');
  return precise ?? (status === undefined ? (named(GENERAL) ?? 'UNAVAILABLE') : codeOfStatus(status));
}

function codeOfStatus(status: number): ModelErrorCode {
  if (status === 429) return 'RATE_LIMITED';
  if (status === 408 || status === 409 || status >= 500) return 'UNAVAILABLE';
  return 'BAD_REQUEST';
}

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
