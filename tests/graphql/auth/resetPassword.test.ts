import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

describe('resetPassword', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const newPassword = 'correct horse stable';

  const linkFor = async ({ email }: Pick<Account, 'email'>) => {
    const sent = mail.received.filter(({ to }) => to === email).length;
    await app.mutate('requestPasswordReset', { email });
    const mails = await mail.to(email, sent + 1);
    return mails.at(-1)!.secret;
  };
  const reset = (token: string) =>
    app.mutate<{ __typename: string; user: { emailVerified: boolean } }>(
      'resetPassword',
      { token, newPassword },
      '... on ResetPasswordSuccess { user { id emailVerified } }',
    );
  const newcomer = async () => {
    const account = await app.register();
    await mail.to(account.email);
    return account;
  };
  const isSignedIn = async (token: string) =>
    (await app.graphql('{ viewer { id } }', {}, { token })).status === 200;

  it('sets the password, verifies the address, and ends all sessions', async () => {
    const account = await newcomer();
    const { email, password } = account;
    expect(await reset(await linkFor(account))).toMatchObject({ user: { emailVerified: true } });
    expect(await isSignedIn(account.token)).toBe(false);
    expect(await app.mutate('login', { email, password })).toMatchObject({
      __typename: 'InvalidCredentialsError',
    });
    expect(await app.signIn('login', { email, password: newPassword })).toMatchObject({
      user: { email },
    });
  });

  it('works once, also for ten requests at the same time', async () => {
    const token = await linkFor(await newcomer());
    const results = await Promise.all(Array.from({ length: 10 }, () => reset(token)));
    const names = results.map(({ __typename }) => __typename);
    expect(names.filter((name) => name === 'ResetPasswordSuccess')).toHaveLength(1);
    expect(names.filter((name) => name === 'InvalidCredentialsError')).toHaveLength(9);
  });

  it('refuses a link that a newer one has replaced', async () => {
    const account = await newcomer();
    const older = await linkFor(account);
    const newer = await linkFor(account);
    expect(await reset(older)).toMatchObject({ __typename: 'InvalidCredentialsError' });
    expect(await reset(newer)).toMatchObject({ __typename: 'ResetPasswordSuccess' });
  });

  it.each([
    ['an hour old', `UPDATE account_links SET expires_at = now() WHERE user_id = $1`],
    ['for an address that was changed', `UPDATE users SET email = 'x' || email WHERE id = $1`],
    ['of a removed user', 'UPDATE users SET removed_at = now() WHERE id = $1'],
    ['of the other purpose', `UPDATE account_links SET purpose = 'VERIFY_EMAIL' WHERE user_id = $1`],
  ])('refuses a link that is %s', async (_what, statement) => {
    const account = await newcomer();
    const token = await linkFor(account);
    const { prisma, sql } = app.services.database;
    const user = await prisma.user.findFirstOrThrow({ where: { email: account.email } });
    await sql(statement, [user.id]);
    expect(await reset(token)).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });

  it('hashes no password for a link that does not work', async () => {
    const { passwords } = app.services;
    const hash = passwords.hash.bind(passwords);
    let hashes = 0;
    passwords.hash = (password) => (hashes++, hash(password));
    expect(await reset('none')).toMatchObject({ __typename: 'InvalidCredentialsError' });
    passwords.hash = hash;
    expect(hashes).toBe(0);
  });

  it('leaves the link to be used again after a password that is not allowed', async () => {
    const token = await linkFor(await newcomer());
    const weak = await app.mutate('resetPassword', { token, newPassword: 'password' });
    expect(weak.__typename).toBe('ValidationError');
    expect(await reset(token)).toMatchObject({ __typename: 'ResetPasswordSuccess' });
  });

  it('takes an account over whole from a stranger who created it with the address', async () => {
    const account = await newcomer();
    const { secret } = await app.mutate<{ secret: string }>(
      'createApiKey',
      { name: 'Trap', permissions: [] },
      '... on CreateApiKeySuccess { secret }',
      account,
    );
    expect(await isSignedIn(secret)).toBe(true);
    await reset(await linkFor(account));
    expect(await isSignedIn(secret)).toBe(false);
  });

  it('revokes the API keys of an account whose address was verified before, too', async () => {
    const account = await newcomer();
    await reset(await linkFor(account));
    const again = await app.signIn('login', { email: account.email, password: newPassword });
    const { secret } = await app.mutate<{ secret: string }>(
      'createApiKey',
      { name: 'Server', permissions: [] },
      '... on CreateApiKeySuccess { secret }',
      { token: again.accessToken },
    );
    expect(await isSignedIn(secret)).toBe(true);
    await reset(await linkFor(account));
    expect(await isSignedIn(secret)).toBe(false);
  });

  it('ends the lock that wrong passwords have put on the account', async () => {
    const account = await newcomer();
    const { email } = account;
    for (let n = 1; n <= 5; n++) await app.mutate('login', { email, password: 'wrong horse' });
    await expect(app.mutate('login', { email, password: 'wrong horse' })).rejects.toThrow('RATE_LIMITED');
    await reset(await linkFor(account));
    expect(await app.signIn('login', { email, password: newPassword })).toMatchObject({ user: { email } });
  });
});
