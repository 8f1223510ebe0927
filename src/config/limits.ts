import { type Environment, microsOf, type Parsed, usDollars, wholeNumber } from './setting.ts';

/** How much each caller may ask for, and all of them may cost. */
export interface LimitsConfig {
  rateLimits: RateLimitsConfig;
  /** What all tenants together may spend per UTC day. Null: no limit. */
  maxCostPerDayMicros: bigint | null;
}

/** Operations of each caller in a minute; 0: no limit. */
export interface RateLimitsConfig {
  requestsPerMinute: number;
  authRequestsPerMinute: number;
  executionsPerMinute: number;
  /** Messages and runs that may be started at once. */
  executionBurst: number;
  keyChecksPerMinute: number;
}

export const LIMITS_SETTINGS = {
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(100),
  RATE_LIMIT_AUTH_PER_MINUTE: wholeNumber(0, 1_000_000).default(20),
  RATE_LIMIT_EXECUTIONS_PER_MINUTE: wholeNumber(0, 1_000_000).default(20),
  RATE_LIMIT_EXECUTION_BURST: wholeNumber(1, 1_000_000).default(30),
  RATE_LIMIT_KEY_CHECKS_PER_MINUTE: wholeNumber(0, 1_000_000).default(10),
  MAX_COST_PER_DAY: usDollars,
};

/** Where everybody may register, accounts are free, but the operator's bill is not. */
export function limitsProblems(env: Environment): string[] {
  if (env['NODE_ENV'] !== 'production' || env['REGISTRATION'] !== 'open' || env['MAX_COST_PER_DAY'])
    return [];
  return [
    'MAX_COST_PER_DAY is required in production where REGISTRATION=open: the US dollars that all users together may spend per UTC day, such as 50',
  ];
}

export function limitsConfig(env: Parsed<typeof LIMITS_SETTINGS>): LimitsConfig {
  return {
    rateLimits: {
      requestsPerMinute: env.RATE_LIMIT_PER_MINUTE,
      authRequestsPerMinute: env.RATE_LIMIT_AUTH_PER_MINUTE,
      executionsPerMinute: env.RATE_LIMIT_EXECUTIONS_PER_MINUTE,
      executionBurst: env.RATE_LIMIT_EXECUTION_BURST,
      keyChecksPerMinute: env.RATE_LIMIT_KEY_CHECKS_PER_MINUTE,
    },
    maxCostPerDayMicros: env.MAX_COST_PER_DAY === undefined ? null : microsOf(env.MAX_COST_PER_DAY),
  };
}
