import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLogger } from '../../../src/infra/logger.ts';
import { testApp } from '../../support/app.ts';
import { testDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

const ACCOUNT = { password: 'correct horse battery', displayName: 'Ann' };
const REGISTERED =
  '... on RegisterSuccess { session { user { email emailVerified } } } ... on ConflictError { reason }';

describe('register where accounts are hidden', () => {
  const mail = mailServer();
  const admin = { email: 'Root@example.com', password: 'first of all passwords' };
  const app = testApp({ config: productionWithMail(mail, { admin }) });
  const register = (email: string) => app.mutate('register', { ...ACCOUNT, email }, REGISTERED);
  const verified = async () => {
    const account = await app.register();
    const [sent] = await mail.to(account.email);
    await app.mutate('verifyEmail', { token: sent!.secret });
    return account;
  };

  it('answers the same whether or not the address has an account, and tells its owner by mail', async () => {
    const { email } = await verified();
    const fresh = `${randomUUID()}@example.com`;
    const [taken, free] = [await register(email), await register(fresh)];
    expect(JSON.stringify(taken).replace(email, fresh)).toBe(JSON.stringify(free));
    const mails = await mail.to(email, 2);
    expect(mails[1]).toMatchObject({ subject: 'You already have an account', secret: '' });
    expect((await mail.to(fresh))[0]!.subject).toBe('Verify your e-mail address');
  });

  it('makes an account of its own for a taken address, which cannot get at that of the owner', async () => {
    const owner = await verified();
    const other = await app.signIn('register', { ...ACCOUNT, email: owner.email, password: 'another horse' });
    expect(other.user.tenant.id).not.toBe(owner.session.user.tenant.id);
    const login = (password: string) => app.signIn('login', { email: owner.email, password });
    expect(await login('another horse')).toMatchObject({ __typename: 'InvalidCredentialsError' });
    expect((await login(owner.password)).user.id).toBe(owner.session.user.id);
  });

  it('answers the same for the operator’s address, which stays the operator’s', async () => {
    expect(await register('root@example.com')).toMatchObject({
      __typename: 'RegisterSuccess',
      session: { user: { emailVerified: false } },
    });
    expect((await mail.to('root@example.com'))[0]!.subject).toBe('You already have an account');
    const { user } = await app.signIn('login', admin);
    expect(user.tenant.externalId).toBe('operator');
  });

  it('mails an address at most five times an hour', async () => {
    const email = `${randomUUID()}@example.com`;
    for (let n = 1; n <= 5; n++) await register(email);
    await expect(register(email)).rejects.toThrow('RATE_LIMITED');
    expect(await mail.to(email, 5)).toHaveLength(5);
  });
});

describe('register in development without SMTP_URL', () => {
  const app = testApp({
    config: { role: 'api', admin: { email: 'root@example.com', password: 'first of all passwords' } },
  });

  it('tells that the operator’s address is taken', async () => {
    expect(await app.mutate('register', { ...ACCOUNT, email: 'ROOT@example.com' }, REGISTERED)).toMatchObject(
      { __typename: 'ConflictError', reason: 'TAKEN' },
    );
  });
});

describe.each([
  ['closed', /is closed/],
  ['invite', /needs an invitation/],
] as const)('register with REGISTRATION=%s', (registration, message) => {
  const app = testApp({ config: { role: 'api', registration } });

  it('returns ConflictError and creates nothing', async () => {
    expect(await app.mutate('register', { ...ACCOUNT, email: 'ann@example.com' }, REGISTERED)).toMatchObject({
      __typename: 'ConflictError',
      reason: 'WRONG_STATE',
      message: expect.stringMatching(message),
    });
    expect(await app.services.database.prisma.user.count()).toBe(0);
  });
});

describe('register while the mail server is away', () => {
  const app = testApp({ config: { role: 'api', smtpUrl: 'smtp://127.0.0.1:1' } });

  it('answers as always, and logs the failure without the address', async () => {
    const { email, session } = await app.register();
    expect(session.user.email).toBe(email);
    expect(await app.mutate('requestPasswordReset', { email })).toMatchObject({
      __typename: 'RequestPasswordResetSuccess',
    });
    await eventually(() => app.logs.join().includes('mail was not sent; will retry'));
    expect(app.logs.join()).not.toContain(email);
  });
});

describe('a start whose ADMIN_EMAIL somebody else has verified', () => {
  const database = testDatabase();

  it('logs an error and goes on', async () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    const config = readConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, PORT: '0', ROLE: 'all' });
    const first = await createApp(config, { logger });
    const tenant = { id: 'theirs', externalId: 'theirs', name: 'Theirs' };
    const user = {
      tenantId: 'theirs',
      displayName: 'Squatter',
      role: 'ADMIN' as const,
      emailVerifiedAt: new Date(),
    };
    await first.services.database.prisma.tenant.create({ data: tenant });
    await first.services.database.prisma.user.create({ data: { ...user, email: 'root@example.com' } });
    await first.close();

    const admin = { email: 'root@example.com', password: 'first of all passwords' };
    const second = await createApp({ ...config, admin }, { logger });
    expect(await second.services.database.prisma.user.count()).toBe(1);
    await second.close();
    expect(lines.filter((line) => line.includes('"level":50'))).toEqual([
      expect.stringContaining('ADMIN_EMAIL: the operator'),
    ]);
  });
});
