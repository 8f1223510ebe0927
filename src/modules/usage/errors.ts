import { AppError } from '../../errors.ts';

export class BudgetExceededError extends AppError {
  readonly scope: LimitScope;
  readonly costLimitMicros: bigint;
  readonly spentMicros: bigint;
  /** Null for the limit of one run. */
  readonly resetsAt: Date | null;

  constructor(message: string, limit: ExceededLimit) {
    super('BUDGET_EXCEEDED', message);
    this.scope = limit.scope;
    this.costLimitMicros = limit.costLimitMicros;
    this.spentMicros = limit.spentMicros;
    this.resetsAt = limit.resetsAt;
  }
}

export class QuotaExceededError extends AppError {
  readonly executionLimit: number;
  readonly executions: number;
  readonly resetsAt: Date;

  constructor(message: string, executionLimit: number, executions: number, resetsAt: Date) {
    super('QUOTA_EXCEEDED', message);
    this.executionLimit = executionLimit;
    this.executions = executions;
    this.resetsAt = resetsAt;
  }
}

/** Whose limit it is: one run's, the API key's day, the user's day, or the day of all members of the tenant. */
export type LimitScope = 'EXECUTION' | 'API_KEY' | 'USER_DAY' | 'TENANT_DAY';

interface ExceededLimit {
  scope: LimitScope;
  costLimitMicros: bigint;
  spentMicros: bigint;
  resetsAt: Date | null;
}
