import { z } from 'zod';
import { ConflictError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Context, Services } from '../../../kernel/context.ts';
import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { sendVerification } from '../links/verification.ts';
import { endSessions } from '../sessions/sessions.ts';
import { displayName, emailAddress } from './account.ts';
import { addressTaken, isTaken, lockAddress } from './address.ts';
import { lockAccount } from './lock-account.ts';
import { MAX_PASSWORD_LENGTH, newPassword } from './passwords.ts';

/**
 * Changes the name and the e-mail address. A new address takes effect at once and is unverified: a link to verify it is
 * sent there, and a notice to the old one if that was verified. To give an unverified address again sends a new link.
 */
export const updateProfile = useCase(
  'Mutation.updateProfile',
  {
    input: z.object({ displayName: displayName.nullish(), email: emailAddress.nullish() }),
    audit: ['account.email-changed'],
  },
  async (ctx: ProfileScope, { displayName: name, email }) => {
    const { viewer, client, throttle } = ctx;
    if (email != null) {
      const purpose = (await hasAddress(ctx, email)) ? 'VERIFY_LINK' : 'NEW_ADDRESS';
      await throttle.take(purpose, { account: email, address: client.address });
    }
    const { user, mail } = await ctx.transact(async (tx) => {
      if (email != null) await lockAddress(tx, email);
      const before = await lockAccount(tx, viewer);
      const mail = email == null ? null : await changeEmail(ctx, tx, before, email);
      const data = { displayName: name ?? undefined };
      return { mail, user: await tx.prisma.user.update({ where: { id: before.id }, data }) };
    });
    if (mail?.verify) sendVerification(ctx, { id: user.id, email: mail.verify });
    if (mail?.notify) ctx.accountMail.addressChanged(mail.notify);
    return { user };
  },
);

async function hasAddress(
  { viewer, database }: Pick<ProfileScope, 'viewer' | 'database'>,
  email: string,
): Promise<boolean> {
  return (await database.prisma.user.count({ where: { id: viewer.userId, email } })) > 0;
}

/** Changes the password and ends the account's other sessions. API keys stay valid. */
export const changePassword = useCase(
  'Mutation.changePassword',
  {
    input: z.object({ currentPassword: z.string().max(MAX_PASSWORD_LENGTH), newPassword }),
    audit: ['account.password-changed', 'account.password-refused'],
  },
  async (ctx: PasswordScope, { currentPassword, newPassword: password }) => {
    const { viewer, transact, database, record } = ctx;
    const user = await database.prisma.user.findUniqueOrThrow({ where: { id: viewer.userId } });
    const { id, subject, passwordHash } = user;
    if (subject !== null) throw managedElsewhere('password', id);
    await provePassword(ctx, user, currentPassword);
    const newHash = await ctx.passwords.hash(password);
    const changed = await transact(async (tx) => {
      await lockAccount(tx, viewer);
      // Not if another request has changed the password meanwhile.
      const [row] = await tx.prisma.user.updateManyAndReturn({
        where: { id, passwordHash },
        data: { passwordHash: newHash },
      });
      if (!row) throw wrongPassword();
      await endLinks(tx, id);
      await endSessions(tx, id, { except: viewer.credential.id });
      await record(tx, 'account.password-changed', { target: { type: 'User', id } });
      return row;
    });
    return { user: changed };
  },
);

/**
 * Guesses of somebody who holds a session of the account are throttled apart from those at signing in: no outsider can
 * lock the owner out of this. Errors: InvalidCredentialsError, RATE_LIMITED.
 */
export async function provePassword(
  {
    passwords,
    throttle,
    client,
    transact,
    record,
  }: Pick<PasswordScope, 'passwords' | 'throttle' | 'client' | 'transact' | 'record'>,
  { id, passwordHash }: User,
  password: string,
): Promise<void> {
  const guess = { account: id, address: client.address };
  const isProven = await throttle.guess(
    guess,
    async () => (await passwords.verify(password, passwordHash)) || null,
  );
  if (isProven) return;
  await transact((tx) => record(tx, 'account.password-refused', { target: { type: 'User', id } }));
  throw wrongPassword();
}

export function wrongPassword(): InvalidCredentialsError {
  return new InvalidCredentialsError('The current password is incorrect.');
}

/**
 * Returns which address gets a link and which a notice. An address that another account has verified gets no link; where
 * accounts are hidden, that shows nowhere else. Errors: ConflictError.
 */
async function changeEmail(
  { settings, record }: Pick<ProfileScope, 'settings' | 'record'>,
  tx: Tx,
  { id, subject, ...before }: User,
  email: string,
): Promise<{ verify: string | null; notify: string | null }> {
  if (subject !== null) throw managedElsewhere('e-mail address', id);
  const isSame = before.email === email;
  if (isSame && before.emailVerifiedAt) return { verify: null, notify: null };
  const isOwned = await isTaken({ settings }, tx, email, { except: id });
  if (isOwned && !settings.hidesAccounts) throw addressTaken();
  if (!isSame) {
    await tx.prisma.user.update({ where: { id }, data: { email, emailVerifiedAt: null } });
    await endLinks(tx, id);
    await record(tx, 'account.email-changed', { target: { type: 'User', id } });
  }
  return { verify: isOwned ? null : email, notify: before.emailVerifiedAt ? before.email : null };
}

/** Links that were sent before do not outlive the address or the password that they were made for. */
async function endLinks({ sql }: Tx, userId: string): Promise<void> {
  await sql('UPDATE account_links SET used_at = now() WHERE user_id = $1 AND used_at IS NULL', [userId]);
}

function managedElsewhere(what: string, id: string): ConflictError {
  const message = `The ${what} of this account is managed by its identity provider. Change it there.`;
  return new ConflictError('WRONG_STATE', message, { type: 'User', id });
}

type ProfileScope = Scope &
  Pick<Services, 'database' | 'throttle' | 'accountMail' | 'settings'> &
  Pick<Context, 'client'>;

/** What a use case needs that asks for the current password. */
export type PasswordScope = Scope &
  Pick<Services, 'database' | 'passwords' | 'throttle'> &
  Pick<Context, 'client'>;
