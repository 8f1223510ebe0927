import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { rowId } from '../../support/ids.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

const app = testApp({ config: { role: 'api' } });
const UPDATED = `... on UpdateProfileSuccess { user { id displayName email } }
  ... on ValidationError { issues { path code } } ... on ConflictError { reason }`;
const update = (account: Pick<Account, 'token'>, input: object) =>
  app.mutate<{ __typename: string; user?: { email: string } }>('updateProfile', input, UPDATED, account);

describe('updateProfile', () => {
  it('changes what is given, and leaves the rest', async () => {
    const ann = await app.register();
    const { id } = ann.session.user;
    expect(await update(ann, { displayName: '  Ann B. ' })).toMatchObject({
      user: { id, displayName: 'Ann B.', email: ann.email },
    });
    const email = `${randomUUID()}@Example.com`;
    expect(await update(ann, { email, displayName: null })).toMatchObject({
      user: { displayName: 'Ann B.', email: email.toLowerCase() },
    });
  });

  it('makes a new address the one to sign in with, unverified, and ends links to the old one', async () => {
    const ann = await app.register();
    const { prisma } = app.services.database;
    const id = rowId(ann.session.user.id);
    await prisma.user.update({ where: { id }, data: { emailVerifiedAt: new Date() } });
    const link = { userId: id, purpose: 'RESET_PASSWORD', email: ann.email, tokenHash: id } as const;
    await prisma.accountLink.create({ data: { ...link, expiresAt: new Date(Date.now() + 60_000) } });
    const email = `${randomUUID()}@example.com`;
    await update(ann, { email });

    expect(await prisma.user.findUniqueOrThrow({ where: { id } })).toMatchObject({ emailVerifiedAt: null });
    expect(await prisma.accountLink.count({ where: { userId: id, tokenHash: id, usedAt: null } })).toBe(0);
    const { password } = ann;
    expect((await app.signIn('login', { email, password })).__typename).toBe('LoginSuccess');
    expect((await app.signIn('login', { email: ann.email, password })).__typename).toBe(
      'InvalidCredentialsError',
    );
  });

  it('keeps a verified address verified when it is given again', async () => {
    const ann = await app.register();
    const where = { id: rowId(ann.session.user.id) };
    const { prisma } = app.services.database;
    await prisma.user.update({ where, data: { emailVerifiedAt: new Date() } });
    await update(ann, { email: ann.email.toUpperCase() });
    expect((await prisma.user.findUniqueOrThrow({ where })).emailVerifiedAt).not.toBeNull();
  });

  it('tells in development that an address is taken', async () => {
    const bob = await app.register();
    expect(await update(await app.register(), { email: bob.email })).toMatchObject({
      __typename: 'ConflictError',
      reason: 'TAKEN',
    });
  });

  it.each([
    [{ displayName: ' ' }, 'displayName', 'REQUIRED'],
    [{ displayName: 'x'.repeat(101) }, 'displayName', 'TOO_LONG'],
    [{ displayName: 'Ada\ud800' }, 'displayName', 'INVALID_FORMAT'],
    [{ displayName: 'Ada\u202Enimda' }, 'displayName', 'INVALID_FORMAT'],
    [{ displayName: '\u200B' }, 'displayName', 'REQUIRED'],
    [{ email: 'nobody' }, 'email', 'INVALID_FORMAT'],
  ])('rejects %j', async (input, field, code) => {
    const refused = await update(await app.register(), input);
    expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: [field], code }] });
  });

  it('leaves the address of another issuer’s user to the issuer', async () => {
    const ann = await app.register();
    const where = { id: rowId(ann.session.user.id) };
    await app.services.database.prisma.user.update({ where, data: { subject: 'ann' } });
    for (const email of [`${randomUUID()}@example.com`, ann.email]) {
      const refused = await update(ann, { email });
      expect(refused).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
    }
  });

  it('asks for a person', async () => {
    const { status } = await app.graphql('mutation { updateProfile(input: {}) { __typename } }');
    expect(status).toBe(401);
    const key = await createKey(app, await app.register());
    expect((await app.graphql('mutation { updateProfile(input: {}) { __typename } }', {}, key)).status).toBe(
      403,
    );
  });
});

describe('updateProfile on a server with mail', () => {
  const mail = mailServer();
  const admin = { email: 'root@example.com', password: 'first of all passwords' };
  const hiding = testApp({ config: productionWithMail(mail, { admin }) });
  const change = (account: Pick<Account, 'token'>, email: string) =>
    hiding.mutate<{ __typename: string }>('updateProfile', { email }, UPDATED, account);
  const address = () => `${randomUUID()}@example.com`;

  it('sends a link to the new address and a notice to the old one, and a new link when asked again', async () => {
    const ann = await hiding.register();
    await verify(ann.email);
    const email = address();
    expect(await change(ann, email)).toMatchObject({ user: { email } });
    expect(await mail.to(email)).toMatchObject([{ subject: 'Verify your e-mail address' }]);
    expect((await mail.to(ann.email, 2)).map(({ subject }) => subject)).toContain(
      'Your e-mail address was changed',
    );
    await change(ann, email);
    await mail.to(email, 2);
    await verify(email);
  });

  it('neither tells who has an address nor sends its owner a link', async () => {
    const bob = await hiding.register();
    await verify(bob.email);
    const ann = await hiding.register();
    expect(await change(ann, bob.email)).toMatchObject({ user: { email: bob.email } });
    await change(ann, address());
    await mail.to(bob.email);
    expect(mail.received.filter(({ to }) => to === bob.email)).toHaveLength(1);
    const { email, password } = bob;
    expect((await hiding.signIn('login', { email, password })).user.id).toBe(bob.session.user.id);
  });

  it('sends no link to the address of another account or of the operator, also when asked again', async () => {
    const bob = await hiding.register();
    await verify(bob.email);
    const ann = await hiding.register();
    const prepare = vi.spyOn(hiding.services.accountMail, 'prepare');
    for (const email of [bob.email, bob.email, admin.email, admin.email]) {
      expect(await change(ann, email)).toMatchObject({ user: { email } });
    }
    expect(prepare).not.toHaveBeenCalled();
    prepare.mockRestore();
  });

  it('sends few mails to one address', async () => {
    const email = address();
    const document = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }';
    const codes: unknown[] = [];
    for (let account = 0; account < 6; account++) {
      const { errors } = await hiding.graphql(document, { input: { email } }, await hiding.register());
      codes.push(errors?.[0]?.extensions?.['code']);
    }
    expect([codes[0], codes.at(-1)]).toEqual([undefined, 'RATE_LIMITED']);
  });

  /** Uses the newest link to verify that was sent to the address. */
  async function verify(email: string): Promise<void> {
    const links = (await mail.to(email)).filter(({ subject }) => subject.startsWith('Verify'));
    const token = links.at(-1)!.secret;
    expect((await hiding.mutate('verifyEmail', { token })).__typename).toBe('VerifyEmailSuccess');
  }
});
