import { randomUUID } from 'node:crypto';
import { ConflictError } from '../../../errors.ts';
import type { Context, Services } from '../../../kernel/context.ts';
import { type PublicScope, useCase } from '../../../kernel/use-case.ts';
import { openSession } from '../sessions/sessions.ts';
import { findAccount, newAccount } from './account.ts';

/** Creates an account and a new tenant with the account as its ADMIN, and signs in. */
export const register = useCase(
  'Mutation.register',
  { input: newAccount },
  async (ctx: Scope, { email, password, displayName }) => {
    const passwordHash = await ctx.passwords.hash(password);
    const tenantId = randomUUID();

    const session = await ctx.transact(async (tx) => {
      await tx.prisma.tenant.create({ data: { id: tenantId, externalId: tenantId, name: displayName } });
      if (await findAccount(tx, email))
        throw new ConflictError(
          'TAKEN',
          'An account with this e-mail already exists. Sign in, or use another e-mail.',
        );
      const user = await tx.prisma.user.create({
        data: { tenantId, email, displayName, passwordHash, role: 'ADMIN', plan: ctx.settings.defaultPlan },
      });
      return openSession(ctx, tx, user.id);
    });
    return { session };
  },
);

type Scope = PublicScope & Pick<Services, 'tokens' | 'passwords' | 'settings'> & Pick<Context, 'client'>;
