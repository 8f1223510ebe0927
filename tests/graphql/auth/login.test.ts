import { describe, expect, it, vi } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { barrier } from '../../support/concurrency.ts';

/** Of "correct horse", with cost 4. */
const BCRYPT = '$2a$04$w5gjofeY63KUNJ4XC8RVYue5dGcuTHIR7.6vE.dL4tVe7fhed3B6O';

describe('login', () => {
  const app = testApp({ config: { role: 'api' } });

  const changePassword = async ({ token, password }: Account) => {
    const input = { currentPassword: password, newPassword: 'correct horse stable' };
    expect((await app.mutate('changePassword', input, '', { token })).__typename).toBe(
      'ChangePasswordSuccess',
    );
  };

  it('signs in with the e-mail in any case', async () => {
    const { email, password, session } = await app.register();
    const again = await app.signIn('login', { email: email.toUpperCase(), password });
    expect(again.user.id).toBe(session.user.id);
    expect(again.refreshToken).not.toBe(session.refreshToken);
  });

  it('ignores an invalid token in the header', async () => {
    const { email, password } = await app.register();
    const result = await app.mutate('login', { email, password }, '', { token: 'garbage' });
    expect(result.__typename).toBe('LoginSuccess');
  });

  it('returns ValidationError for an invalid e-mail', async () => {
    const result = await app.mutate('login', { email: 'x', password: 'correct horse battery' });
    expect(result.__typename).toBe('ValidationError');
  });

  it('returns the same error for a wrong password, an unknown e-mail and an account without a password', async () => {
    const { email, password } = await app.register();
    const stranger = await app.register();
    await app.services.database.prisma.user.updateMany({
      where: { email: stranger.email },
      data: { passwordHash: null },
    });
    const results = await Promise.all([
      app.mutate('login', { email, password: `${password}!` }),
      app.mutate('login', { email: 'nobody@example.com', password }),
      app.mutate('login', { email: stranger.email, password: stranger.password }),
    ]);
    expect(new Set(results.map((result) => JSON.stringify(result)))).toEqual(
      new Set([
        JSON.stringify({
          __typename: 'InvalidCredentialsError',
          message: 'The e-mail or the password is incorrect.',
        }),
      ]),
    );
  });

  it('verifies a password for an unknown e-mail too, so that the response time does not reveal accounts', async () => {
    const { email } = await app.register();
    const verify = vi.spyOn(app.services.passwords, 'verify');
    await app.mutate('login', { email, password: 'wrong password' });
    await app.mutate('login', { email: 'nobody@example.com', password: 'wrong password' });
    expect(verify.mock.calls).toEqual([
      ['wrong password', expect.stringMatching(/^\$argon2id\$/)],
      ['wrong password', null],
    ]);
  });

  it('accepts a bcrypt hash from elsewhere, and replaces it by argon2id', async () => {
    const { email } = await app.register();
    const { prisma } = app.services.database;
    await prisma.user.updateMany({ where: { email }, data: { passwordHash: BCRYPT } });
    const login = (password: string) => app.mutate('login', { email, password });
    const stored = () => prisma.user.findFirstOrThrow({ where: { email } });

    expect((await login('correct house')).__typename).toBe('InvalidCredentialsError');
    expect((await stored()).passwordHash).toBe(BCRYPT);
    expect((await login('correct horse')).__typename).toBe('LoginSuccess');
    expect((await stored()).passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await login('correct horse')).__typename).toBe('LoginSuccess');
  });

  it('replaces a bcrypt hash once when several sign in at the same time', async () => {
    const { email } = await app.register();
    await app.services.database.prisma.user.updateMany({ where: { email }, data: { passwordHash: BCRYPT } });
    const logins = Array.from({ length: 4 }, () => app.mutate('login', { email, password: 'correct horse' }));
    const names = (await Promise.all(logins)).map(({ __typename }) => __typename);
    expect(names).toEqual(Array<string>(4).fill('LoginSuccess'));
  });

  it.each([
    ['changed', (account: Account) => changePassword(account)],
    ['erased', ({ token, password }: Account) => app.mutate('deleteAccount', { password }, '', { token })],
  ])('opens no session on a password that is %s while it is checked', async (_what, change) => {
    const account = await app.register();
    const { email, password } = account;
    const { passwords } = app.services;
    const verify = passwords.verify.bind(passwords);
    const { wait, reached, open } = barrier();
    vi.spyOn(passwords, 'verify').mockImplementationOnce(async (...args) => {
      const matches = await verify(...args);
      await wait();
      return matches;
    });
    const login = app.mutate('login', { email, password });
    await reached;
    await change(account).finally(open);
    expect(await login).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });

  it('refuses a removed user', async () => {
    const { email, password } = await app.register();
    await app.services.database.sql('UPDATE users SET removed_at = now() WHERE email = $1', [email]);
    expect((await app.mutate('login', { email, password })).__typename).toBe('InvalidCredentialsError');
  });

  it('serves other requests while 100 users sign in at the same time', async () => {
    const { email, password } = await app.register();
    const logins = Promise.all(Array.from({ length: 100 }, () => app.mutate('login', { email, password })));
    let areAnswered = false;
    void logins.then(() => (areAnswered = true));
    expect((await fetch(app.url('/health'))).status).toBe(200);
    expect(areAnswered).toBe(false);
    expect((await logins).every((result) => result.__typename === 'LoginSuccess')).toBe(true);
  });
});
