/** Settings for those who send more requests a minute than a person would. */
export const WITHOUT_RATE_LIMITS = {
  RATE_LIMIT_PER_MINUTE: '0',
  RATE_LIMIT_AUTH_PER_MINUTE: '0',
  RATE_LIMIT_EXECUTIONS_PER_MINUTE: '0',
  RATE_LIMIT_KEY_CHECKS_PER_MINUTE: '0',
};
