import { visibleRows } from '../../../kernel/reads/visible-rows.ts';

/** Members of the tenant. The row of a member who has left stays. */
export const members = visibleRows('User', ({ prisma }, where) => prisma.user.findMany({ where }));

/** API keys. Null: also when it was deleted with the account of its owner. */
export const apiKeys = visibleRows('ApiKey', ({ prisma }, where) => prisma.apiKey.findMany({ where }));
