/**
 * Every error that a caller can cause and handle. The set of codes is closed; `graphql/errors.ts` maps each
 * one to its member of a result union or to a GraphQL error, the REST routes to a status. Anything that is
 * not an AppError is a fault of ours: logged, and masked with the request id.
 *
 * A message says what was wrong and what to do about it, and never holds a secret.
 */
export type ErrorCode =
  | 'VALIDATION'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'ALREADY_DECIDED'
  | 'ILLEGAL_TRANSITION'
  | 'INVALID_CREDENTIALS'
  | 'BUDGET_EXCEEDED'
  | 'QUOTA_EXCEEDED'
  | 'PROVIDER_ERROR'
  | 'UNSAFE_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'SERVICE_UNAVAILABLE';

export class AppError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export interface ValidationIssue {
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

/** Missing and foreign read the same. */
export class NotFoundError extends AppError {
  constructor(what: string) {
    super('NOT_FOUND', `${what} was not found. Check the id, and that it belongs to you.`);
  }
}

/** `current` names the object as it is now, where there is one. */
export class ConflictError extends AppError {
  readonly current: { type: string; id: string } | null;

  constructor(message: string, current: { type: string; id: string } | null = null) {
    super('CONFLICT', message);
    this.current = current;
  }
}

export class AlreadyDecidedError extends AppError {
  readonly approvalId: string;

  constructor(approvalId: string, message: string) {
    super('ALREADY_DECIDED', message);
    this.approvalId = approvalId;
  }
}

export class IllegalTransitionError<Stage extends string = string> extends AppError {
  readonly stage: Stage;
  readonly allowed: readonly Stage[];

  constructor(message: string, stage: Stage, allowed: readonly Stage[]) {
    super('ILLEGAL_TRANSITION', message);
    this.stage = stage;
    this.allowed = allowed;
  }
}

export class InvalidCredentialsError extends AppError {
  constructor(message: string) {
    super('INVALID_CREDENTIALS', message);
  }
}

export class BudgetExceededError extends AppError {
  readonly limitMicros: bigint;
  readonly spentMicros: bigint;
  /** Null for the limit of one run. */
  readonly resetsAt: Date | null;

  constructor(message: string, limitMicros: bigint, spentMicros: bigint, resetsAt: Date | null) {
    super('BUDGET_EXCEEDED', message);
    this.limitMicros = limitMicros;
    this.spentMicros = spentMicros;
    this.resetsAt = resetsAt;
  }
}

export class QuotaExceededError extends AppError {
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;

  constructor(message: string, limit: number, used: number, resetsAt: Date) {
    super('QUOTA_EXCEEDED', message);
    this.limit = limit;
    this.used = used;
    this.resetsAt = resetsAt;
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

/** Not a caller's but the operator's to mend. One line for each problem: the setting, and what to do about it. Never a value. */
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
