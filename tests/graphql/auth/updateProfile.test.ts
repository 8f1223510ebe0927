import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { rowId } from '../../support/ids.ts';

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

  it.each([
    [{ displayName: ' ' }, 'displayName', 'REQUIRED'],
    [{ displayName: 'x'.repeat(101) }, 'displayName', 'TOO_LONG'],
    [{ email: 'nobody' }, 'email', 'INVALID_FORMAT'],
  ])('rejects %j', async (input, field, code) => {
    const refused = await update(await app.register(), input);
    expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: [field], code }] });
  });

  it('leaves the address of another issuer’s user to the issuer', async () => {
    const ann = await app.register();
    const where = { id: rowId(ann.session.user.id) };
    await app.services.database.prisma.user.update({ where, data: { subject: 'ann' } });
    const refused = await update(ann, { email: `${randomUUID()}@example.com` });
    expect(refused).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
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
