/**
 * The codes of every error that the API gives: the closed list. An AppError carries one of the first group; the others
 * are given by the transport, GraphQL or the HTTP server. A module's own errors stand in its `errors.ts`. Anything that
 * is no AppError is a fault of the server: logged, and masked with the request id.
 *
 * A message says what was wrong and what to do about it, and never holds a secret.
 */
export const ERROR_CODES = [
  'VALIDATION',
  'NOT_FOUND',
  'CONFLICT',
  'ALREADY_DECIDED',
  'ILLEGAL_TRANSITION',
  'INVALID_CREDENTIALS',
  'BUDGET_EXCEEDED',
  'QUOTA_EXCEEDED',
  'UNSAFE_INPUT',
  'PROVIDER',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'RESPONSE_TOO_LARGE',
  'BAD_USER_INPUT',
  'SERVICE_UNAVAILABLE',
] as const;

/** Given by the transport itself, before or in place of a resolver. */
export const TRANSPORT_ERROR_CODES = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'QUERY_TOO_COMPLEX',
  'TOO_MANY_SUBSCRIPTIONS',
  'UNSUPPORTED_MEDIA_TYPE',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'REQUEST_ENTITY_TOO_LARGE',
  'INTERNAL_SERVER_ERROR',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
export type TransportErrorCode = (typeof TRANSPORT_ERROR_CODES)[number];

export class AppError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export const VALIDATION_ISSUE_CODES = [
  'REQUIRED',
  'TOO_LONG',
  'TOO_SHORT',
  'OUT_OF_RANGE',
  'INVALID_FORMAT',
  'UNKNOWN_VALUE',
  'DUPLICATE',
  'CYCLE',
  'NOT_ALLOWED',
] as const;

export interface ValidationIssue {
  code: ValidationIssueCode;
  /** From the input's root, e.g. `['design', 'steps', '0', 'key']`. */
  path: string[];
  message: string;
}

export class ValidationError extends AppError {
  readonly issues: ValidationIssue[];

  constructor(issues: ValidationIssue[]) {
    super('VALIDATION', `The input is not valid: ${issues.map(describeIssue).join('; ')}`);
    this.issues = issues;
  }
}

/** `reason` says what to do: sign in, refresh the session, or correct the credentials. */
export class UnauthenticatedError extends AppError {
  readonly reason: UnauthenticatedReason;

  constructor(reason: UnauthenticatedReason, message: string) {
    super('UNAUTHENTICATED', message);
    this.reason = reason;
  }
}

/** Too many attempts or requests. */
export class RateLimitedError extends AppError {
  readonly retryAfterSeconds: number;

  /** `what` there were too many of, e.g. `requests`. */
  constructor(what: string, waitMs: number) {
    const seconds = Math.max(Math.ceil(waitMs / 1000), 1);
    super('RATE_LIMITED', `Too many ${what}. Try again in ${seconds} seconds.`);
    this.retryAfterSeconds = seconds;
  }
}

/** An object of another tenant gives the same error as one that does not exist. */
export class NotFoundError extends AppError {
  constructor(what: string) {
    super('NOT_FOUND', `${what} was not found. Check the id, and that you can see it.`);
  }
}

/** `current` names the object as it is now, where there is one. */
export class ConflictError extends AppError {
  readonly reason: ConflictReason;
  readonly current: { type: string; id: string } | null;

  constructor(reason: ConflictReason, message: string, current: { type: string; id: string } | null = null) {
    super('CONFLICT', message);
    this.reason = reason;
    this.current = current;
  }
}

export class UnsafeInputError extends AppError {
  readonly findings: string[];

  constructor(findings: string[]) {
    super(
      'UNSAFE_INPUT',
      `The text was refused as a likely prompt injection: ${findings.join('; ')}. Rephrase it.`,
    );
    this.findings = findings;
  }
}

/**
 * The database refuses a value of a statement, e.g. a number out of range, and will always refuse it. Texts are not the
 * cause: they are made storable on their way. A fault of the server, but work that meets it ends instead of repeating.
 */
export class UnstorableError extends Error {
  constructor(sqlState: string, options: ErrorOptions) {
    super(`the database cannot store a value (${sqlState})`, options);
    this.name = 'UnstorableError';
  }
}

/**
 * A problem with the settings, which the operator must correct. One line per problem: the setting and how to correct
 * it, never its value.
 */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function describeIssue(issue: ValidationIssue): string {
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}

export type ValidationIssueCode = (typeof VALIDATION_ISSUE_CODES)[number];
/** MISSING: no credentials. EXPIRED, REVOKED: they were valid. INVALID: they never were. */
export type UnauthenticatedReason = 'MISSING' | 'EXPIRED' | 'REVOKED' | 'INVALID';
/**
 * WRONG_STATE, BUSY: the object's state does not allow it now. STALE_VERSION: a newer version exists. TAKEN: another
 * object has the value.
 */
export type ConflictReason = 'WRONG_STATE' | 'STALE_VERSION' | 'TAKEN' | 'BUSY' | 'IDEMPOTENCY_KEY_REUSED';
