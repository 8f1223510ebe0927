import { z } from 'zod';
import type { User } from '../../../generated/prisma/client.ts';
import type { Act } from '../../../kernel/audit/audit.ts';
import type { Context, Services } from '../../../kernel/context.ts';
import { type PublicScope, useCase } from '../../../kernel/use-case.ts';
import { emailAddress, findAccount } from '../accounts/account.ts';
import { verifyAddress } from '../accounts/address.ts';
import { newPassword } from '../accounts/passwords.ts';
import { revokeKeysOf } from '../api-keys/revocation.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { endSessions } from '../sessions/sessions.ts';
import { canUseLink, createLink, useLink } from './links.ts';

const token = z.string().min(1, 'must not be empty').max(512);

/**
 * Sends a link to reset the password, if the address has an account. The answer is the same for every address, and does
 * not wait for what differs: making the link and sending the mail.
 */
export const requestPasswordReset = useCase(
  'Mutation.requestPasswordReset',
  { input: z.object({ email: emailAddress }), audit: ['account.reset-requested'] },
  async (
    { database, transact, record, accountMail, throttle, client }: Scope & Pick<Services, 'accountMail'>,
    { email },
  ) => {
    await throttle.take('RESET_LINK', { account: email, address: client.address });
    const user = await findAccount(database, email);
    if (user) {
      accountMail.prepare(async () => {
        const { id, tenantId } = user;
        const token = await transact(async (tx) => {
          const made = await createLink(tx, 'RESET_PASSWORD', { id, email });
          const by = { tenantId, userId: null };
          if (made) await record(tx, 'account.reset-requested', { by, target: { type: 'User', id } });
          return made;
        });
        if (token) accountMail.passwordReset(email, token);
      });
    }
    return { accepted: true };
  },
);

/**
 * Sets the password by a link, which also proves the address. Ends all sessions and API keys: somebody else may have had
 * the account, even verified by its owner.
 */
export const resetPassword = useCase(
  'Mutation.resetPassword',
  { input: z.object({ token, newPassword }), audit: ['account.password-reset'] },
  async (ctx: Scope & Pick<Services, 'passwords'>, input) => {
    await ctx.throttle.take('USE_LINK', ctx.client);
    // A hash is expensive: only for a link that works.
    if (!(await canUseLink(ctx.database, 'RESET_PASSWORD', input.token))) throw uselessLink();
    const passwordHash = await ctx.passwords.hash(input.newPassword);
    const user = await ctx.transact(async (tx) => {
      const linked = await useLink(tx, 'RESET_PASSWORD', input.token);
      if (!linked) throw uselessLink();
      if (!(await verifyAddress(tx, linked))) throw uselessLink();
      await endSessions(tx, linked.id);
      await revokeKeysOf(tx, linked.id);
      const reset = await tx.prisma.user.update({ where: { id: linked.id }, data: { passwordHash } });
      await ctx.record(tx, 'account.password-reset', actOf(reset));
      return reset;
    });
    if (user.email) await ctx.throttle.unlock(user.email);
    return { user };
  },
);

/** Verifies the address that the link was sent to. */
export const verifyEmail = useCase(
  'Mutation.verifyEmail',
  { input: z.object({ token }), audit: ['account.email-verified'] },
  async ({ transact, throttle, client, record }: Scope, input) => {
    await throttle.take('USE_LINK', client);
    const user = await transact(async (tx) => {
      const linked = await useLink(tx, 'VERIFY_EMAIL', input.token);
      if (!linked || !(await verifyAddress(tx, linked))) throw uselessLink();
      const verified = await tx.prisma.user.findUniqueOrThrow({ where: { id: linked.id } });
      await record(tx, 'account.email-verified', actOf(verified));
      return verified;
    });
    return { user };
  },
);

/** Who has a link acts as its user, signed in or not. */
function actOf({ id, tenantId }: User): Act {
  return { by: { tenantId, userId: id }, target: { type: 'User', id } };
}

function uselessLink(): InvalidCredentialsError {
  return new InvalidCredentialsError(
    'The link is invalid, was used or replaced by a newer one, or has expired. Ask for a new one.',
  );
}

type Scope = PublicScope & Pick<Services, 'database' | 'throttle'> & Pick<Context, 'client'>;
