import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lockTenant } from '../../../src/modules/auth/members/membership.ts';
import { type Account, type TestApp, testApp } from '../../support/app.ts';
import { barrier, lockWaited } from '../../support/concurrency.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';
import { itRefuses } from '../../support/refusals.ts';

const INVITED = `... on InviteUserSuccess { secret invitation { id email role acceptedAt revokedAt createdAt expiresAt } }
  ... on ConflictError { reason }`;
const REGISTERED = `... on RegisterSuccess { session {
  accessToken user { id email emailVerified role tenant { id } } } } ... on ConflictError { reason }`;

const address = () => `${randomUUID()}@example.com`;

function inviting(app: TestApp) {
  return {
    invite: (admin: Pick<Account, 'token'>, email = address(), role = 'USER') =>
      app.mutate<Invited>('inviteUser', { email, role }, INVITED, admin),
    join: (invitation: string, email = address()) =>
      app.mutate<Joined>(
        'register',
        { email, password: 'correct horse battery', displayName: 'Bob', invitation },
        REGISTERED,
      ),
  };
}

describe('inviteUser', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const { invite, join } = inviting(app);
  const verifiedAdmin = async () => {
    const admin = await app.register();
    const [sent] = await mail.to(admin.email);
    await app.mutate('verifyEmail', { token: sent!.secret });
    return admin;
  };

  itRefuses(app, 'inviteUser', { input: async () => ({ email: address(), role: 'USER' }) });

  it('returns an invitation for 7 days, and a secret with which somebody joins with its role', async () => {
    const admin = await verifiedAdmin();
    const email = address();
    const { secret, invitation } = await invite(admin, email.toUpperCase(), 'GUEST');
    expect(invitation).toMatchObject({ email, role: 'GUEST', acceptedAt: null, revokedAt: null });
    const days = (Date.parse(invitation.expiresAt) - Date.parse(invitation.createdAt)) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);

    const { session } = await join(secret, email);
    expect(session?.user).toMatchObject({
      email,
      role: 'GUEST',
      tenant: { id: admin.session.user.tenant.id },
      emailVerified: false, // the ADMIN knows this secret
    });
  });

  it('lets strangers who try the address keep nobody from inviting it, joining and signing in', async () => {
    const admin = await verifiedAdmin();
    const email = address();
    const stranger = { email, password: 'another horse', displayName: 'Eve' };
    for (let n = 1; n <= 5; n++) await app.mutate('register', stranger);
    await expect(app.mutate('register', stranger)).rejects.toThrow('RATE_LIMITED');
    for (let n = 1; n <= 5; n++) await app.mutate('requestPasswordReset', { email });
    await expect(app.mutate('requestPasswordReset', { email })).rejects.toThrow('RATE_LIMITED');

    const { secret } = await invite(admin, email);
    const { session } = await join(secret, email);
    const { user } = await app.signIn('login', { email, password: 'correct horse battery' });
    expect([user.id, user.tenant.id]).toEqual([session!.user.id, admin.session.user.tenant.id]);
    const profile = { email };
    expect(await app.mutate('updateProfile', profile, '', { token: session!.accessToken })).toMatchObject({
      __typename: 'UpdateProfileSuccess',
    });
  });

  it('mails a secret of its own, whose use also verifies the invited address', async () => {
    const admin = await verifiedAdmin();
    const email = address();
    const { secret } = await invite(admin, email);
    const [sent] = await mail.to(email);
    expect(sent!.subject).toBe('You are invited to AgentForge');
    expect(sent!.body).toContain(admin.email);
    expect(sent!.link).toMatch(/^https:\/\/app\.example\.com\/accept-invitation#invitation=[\w-]{43}$/);
    expect(sent!.secret).not.toBe(secret);
    expect((await join(sent!.secret, email)).session?.user).toMatchObject({ email, emailVerified: true });
  });

  it('verifies no other address than the invited one', async () => {
    const email = address();
    await invite(await verifiedAdmin(), email);
    const [sent] = await mail.to(email);
    const other = address();
    expect((await join(sent!.secret, other)).session?.user).toMatchObject({ emailVerified: false });
    expect((await mail.to(other))[0]!.subject).toBe('Verify your e-mail address');
  });

  it('lets one of ten join who use it at the same time', async () => {
    const { secret } = await invite(await verifiedAdmin());
    const results = await Promise.all(Array.from({ length: 10 }, () => join(secret)));
    const names = results.map(({ __typename }) => __typename);
    expect(names.filter((name) => name === 'RegisterSuccess')).toHaveLength(1);
    expect(results.filter(({ reason }) => reason === 'WRONG_STATE')).toHaveLength(9);
  });

  it('tells who has the mail that its address is taken, and leaves the invitation open', async () => {
    const { email } = await verifiedAdmin();
    await invite(await verifiedAdmin(), email);
    const { secret } = (await mail.to(email, 2)).at(-1)!;
    expect(await join(secret, email)).toMatchObject({ __typename: 'ConflictError', reason: 'TAKEN' });
    expect(await join(secret)).toMatchObject({ __typename: 'RegisterSuccess' });
  });

  it('tells nobody else: neither by a made-up invitation nor by that of another address', async () => {
    const { email } = await verifiedAdmin();
    expect(await join('made up', email)).toEqual(await join('made up'));
    const { secret } = await invite(await verifiedAdmin());
    expect(await join(secret, email)).toMatchObject({ session: { user: { email, emailVerified: false } } });
    expect((await mail.to(email, 2)).at(-1)!.subject).toBe('You already have an account');
  });

  it('lets nobody join while the only member deletes the account', async () => {
    const admin = await verifiedAdmin();
    const { secret } = await invite(admin);
    const { database } = app.services;
    const { tenantId, id } = await database.prisma.user.findFirstOrThrow({ where: { email: admin.email } });
    const { wait, reached, open } = barrier();
    const deletion = database.transact(async (tx) => {
      await lockTenant(tx, tenantId);
      await tx.sql('UPDATE users SET removed_at = now() WHERE id = $1', [id]);
      await wait();
    });
    await reached;
    const joined = join(secret);
    await lockWaited(app).finally(open);
    await deletion;
    expect(await joined).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
  });

  it.each([
    ['expired', 'UPDATE invitations SET expires_at = now() WHERE tenant_id = $1'],
    ['revoked', 'UPDATE invitations SET revoked_at = now() WHERE tenant_id = $1'],
    ['of an ADMIN who is none any more', `UPDATE users SET role = 'USER' WHERE tenant_id = $1`],
    ['of a removed ADMIN', 'UPDATE users SET removed_at = now() WHERE tenant_id = $1'],
  ])('does not let anybody join with an invitation that is %s', async (_what, statement) => {
    const admin = await verifiedAdmin();
    const { secret } = await invite(admin);
    const { prisma, sql } = app.services.database;
    const { tenantId } = await prisma.user.findFirstOrThrow({ where: { email: admin.email } });
    await sql(statement, [tenantId]);
    expect(await join(secret)).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
  });

  it('replaces an earlier invitation of the same address', async () => {
    const admin = await verifiedAdmin();
    const email = address();
    const earlier = await invite(admin, email);
    const later = await invite(admin, email);
    expect(await join(earlier.secret, email)).toMatchObject({ reason: 'WRONG_STATE' });
    expect(await join(later.secret, email)).toMatchObject({ __typename: 'RegisterSuccess' });
  });

  it('is refused to an ADMIN who is none any more by the time of the change', async () => {
    const admin = await verifiedAdmin();
    const { database } = app.services;
    const { tenantId, id } = await database.prisma.user.findFirstOrThrow({ where: { email: admin.email } });
    const { wait, reached, open } = barrier();
    const demotion = database.transact(async (tx) => {
      await lockTenant(tx, tenantId);
      await tx.prisma.user.update({ where: { id }, data: { role: 'USER' } });
      await wait();
    });
    await reached;
    const invited = expect(invite(admin)).rejects.toThrow('FORBIDDEN');
    await lockWaited(app).finally(open);
    await demotion;
    await invited;
  });

  it('returns ConflictError for the address of a member', async () => {
    const admin = await verifiedAdmin();
    const result = await invite(admin, admin.email);
    expect(result).toMatchObject({ __typename: 'ConflictError', reason: 'TAKEN' });
  });

  it('returns ValidationError for an address that is none', async () => {
    expect(await invite(await verifiedAdmin(), 'nobody')).toMatchObject({ __typename: 'ValidationError' });
  });

  it('asks an ADMIN to verify the own address first', async () => {
    expect(await invite(await app.register())).toMatchObject({
      __typename: 'ConflictError',
      reason: 'WRONG_STATE',
      message: expect.stringContaining('Verify your own'),
    });
  });

  it('keeps the secrets only as hashes, and writes them to no log', async () => {
    const email = address();
    const { secret } = await invite(await verifiedAdmin(), email);
    const [sent] = await mail.to(email);
    const rows = await app.services.database.sql('SELECT to_jsonb(i) AS row FROM invitations i');
    for (const canary of [secret, sent!.secret]) {
      expect(JSON.stringify(rows)).not.toContain(canary);
      expect(app.logs.join()).not.toContain(canary);
    }
  });
});

describe('inviteUser of a user of another issuer', () => {
  const app = testApp({ config: { role: 'api' } });
  const { invite } = inviting(app);

  it('returns ConflictError: the issuer manages the members', async () => {
    const admin = await app.register();
    await app.services.database.prisma.user.updateMany({
      where: { email: admin.email },
      data: { subject: 'them' },
    });
    expect(await invite(admin)).toMatchObject({ reason: 'WRONG_STATE' });
  });
});

describe('inviteUser with REGISTRATION=invite', () => {
  const app = testApp({
    config: {
      role: 'api',
      registration: 'invite',
      admin: { email: 'root@example.com', password: 'first of all passwords' },
    },
  });
  const { invite, join } = inviting(app);

  it('lets invited people register, and nobody else', async () => {
    const root = await app.signIn('login', { email: 'root@example.com', password: 'first of all passwords' });
    const { secret } = await invite({ token: root.accessToken });
    expect(await join('none')).toMatchObject({ reason: 'WRONG_STATE' });
    expect((await join(secret)).session?.user).toMatchObject({
      role: 'USER',
      tenant: { id: root.user.tenant.id },
    });
  });
});

describe('inviteUser with REGISTRATION=closed', () => {
  const app = testApp({
    config: {
      role: 'api',
      registration: 'closed',
      admin: { email: 'root@example.com', password: 'first of all passwords' },
    },
  });
  const { invite } = inviting(app);

  it('returns ConflictError: nobody could accept', async () => {
    const root = await app.signIn('login', { email: 'root@example.com', password: 'first of all passwords' });
    expect(await invite({ token: root.accessToken })).toMatchObject({ reason: 'WRONG_STATE' });
  });
});

interface Invited {
  __typename: string;
  secret: string;
  invitation: { id: string; createdAt: string; expiresAt: string };
  reason?: string;
}

interface Joined {
  __typename: string;
  session?: { accessToken: string; user: { id: string } };
  reason?: string;
}
