import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ConflictError } from '../../../errors.ts';
import type { Role, User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Context, Services, Settings } from '../../../kernel/context.ts';
import { type PublicScope, useCase } from '../../../kernel/use-case.ts';
import { acceptInvitation, recordMember } from '../invitations/acceptance.ts';
import { isOpenInvitation } from '../invitations/open-invitation.ts';
import { sendVerification } from '../links/verification.ts';
import { handOver } from '../sessions/cookie-mode.ts';
import { type AuthSession, openSession } from '../sessions/sessions.ts';
import { newAccount } from './account.ts';
import { addressTaken, isTaken, lockAddress, verifyAddress } from './address.ts';

/**
 * Creates an account and signs in. The account gets a tenant of its own as its ADMIN, or joins that of its invitation.
 *
 * Where accounts are hidden, a taken address makes an account like any other, which can never verify the address, and
 * the owner of the address is told by mail. Only who has an invitation from the mail to the address is told that it is
 * taken: they have proved that it is theirs.
 */
export const register = useCase(
  'Mutation.register',
  {
    input: newAccount.extend({
      invitation: z.string().max(512).nullish(),
      cookie: z.boolean().default(false),
    }),
    audit: ['account.registered'],
  },
  async (ctx: Scope, { cookie, ...request }) => {
    checkAdmission(ctx.settings.registration, request.invitation ?? null);
    await ctx.throttle.take('REGISTER', {
      ...(await countedAccount(ctx, request)),
      address: ctx.client.address,
    });
    return { session: await handOver(ctx, { cookie }, () => createAccount(ctx, request)) };
  },
);

async function createAccount(ctx: Scope, request: NewAccount): Promise<AuthSession> {
  const { email, displayName, invitation } = request;
  const passwordHash = await ctx.passwords.hash(request.password);
  const { user, isOwned, session } = await ctx.transact(async (tx) => {
    await lockAddress(tx, email);
    const { invitationId, tenantId, role, provenEmail } =
      invitation == null ? await newTenant(tx, displayName) : await acceptInvitation(tx, invitation);
    const isOwned = await isTaken(ctx, tx, email);
    if (isOwned && (provenEmail === email || !ctx.settings.hidesAccounts)) throw addressTaken();
    const { id } = await tx.prisma.user.create({
      data: { tenantId, role, email, displayName, passwordHash, plan: ctx.settings.defaultPlan },
    });
    await ctx.record(tx, 'account.registered', {
      by: { tenantId, userId: id },
      target: { type: 'User', id },
      detail: { role, ...(invitationId && { invitation: { type: 'Invitation', id: invitationId } }) },
    });
    if (invitationId !== null) await recordMember(tx, { invitationId, userId: id });
    const isVerified = provenEmail === email && (await verifyAddress(tx, { id, email }));
    return {
      user: { id, email, isVerified },
      isOwned,
      session: await openSession(ctx, tx, { id, tenantId }),
    };
  });
  if (isOwned) ctx.accountMail.existingAccount(email);
  else if (!user.isVerified) sendVerification(ctx, user);
  return session;
}

/** Not that of an invited person, whom strangers who try the address would keep out. Each invitation works once. */
async function countedAccount(
  { database }: Pick<Scope, 'database'>,
  { email, invitation }: Pick<NewAccount, 'email' | 'invitation'>,
): Promise<{ account?: string }> {
  return invitation != null && (await isOpenInvitation(database, invitation)) ? {} : { account: email };
}

/** Errors: ConflictError when the server does not allow this registration. */
function checkAdmission(registration: Settings['registration'], invitation: string | null): void {
  if (registration === 'open' || (registration === 'invite' && invitation !== null)) return;
  throw new ConflictError(
    'WRONG_STATE',
    registration === 'invite'
      ? 'Registration on this server needs an invitation. Ask an ADMIN of your organization for one.'
      : 'Registration on this server is closed. Ask those who run it.',
  );
}

async function newTenant(tx: Tx, name: string): Promise<Place> {
  const id = randomUUID();
  await tx.prisma.tenant.create({ data: { id, externalId: id, name } });
  return { tenantId: id, role: 'ADMIN', provenEmail: null, invitationId: null };
}

interface Place {
  tenantId: string;
  role: Role;
  /** The address that the invitation was mailed to, if it was. */
  provenEmail: User['email'];
  invitationId: string | null;
}

interface NewAccount extends z.output<typeof newAccount> {
  invitation?: string | null | undefined;
}

type Scope = PublicScope &
  Pick<Services, 'database' | 'tokens' | 'passwords' | 'throttle' | 'accountMail' | 'settings'> &
  Pick<Context, 'client' | 'refreshCookie'>;
