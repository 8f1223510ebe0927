import { describe, expect, it } from 'vitest';
import { ensureFirstOperator, ensureOperator } from '../../../src/modules/auth/accounts/operator.ts';
import { testApp } from '../../support/app.ts';

describe('ensureOperator', () => {
  const app = testApp({
    config: { role: 'api', admin: { email: 'root@example.com', password: 'first of all passwords' } },
  });

  const login = (email: string, password: string) => app.signIn('login', { email, password });

  it('makes the first ADMIN of the operator’s tenant at the first start, on plan UNLIMITED', async () => {
    const { user } = await login('root@example.com', 'first of all passwords');
    expect(user).toMatchObject({ role: 'ADMIN', plan: 'UNLIMITED', tenant: { externalId: 'operator' } });
  });

  it('does not change an existing account', async () => {
    await ensureOperator(app.services, { email: 'ROOT@example.com', password: 'another password' });
    expect((await login('root@example.com', 'another password')).__typename).toBe('InvalidCredentialsError');
    expect((await login('root@example.com', 'first of all passwords')).__typename).toBe('LoginSuccess');
  });

  it('creates one account when many processes start at the same time', async () => {
    const account = { email: 'second@example.com', password: 'second of all passwords' };
    const users = await Promise.all(Array.from({ length: 5 }, () => ensureOperator(app.services, account)));
    expect(new Set(users.map((user) => user.id)).size).toBe(1);
  });

  it('is not hindered by an account that only claims the address', async () => {
    const { email } = await app.register();
    const operator = await ensureOperator(app.services, { email, password: 'third of all passwords' });
    expect(operator).toMatchObject({ tenantId: 'operator', emailVerifiedAt: expect.any(Date) });
    const { user } = await login(email, 'third of all passwords');
    expect(user.role).toBe('ADMIN');
  });

  it('does not say of a demoted account that it is an ADMIN, nor makes it one', async () => {
    const account = { email: 'demoted@example.com', password: 'fourth of all passwords' };
    const { id } = await ensureOperator(app.services, account);
    const { prisma } = app.services.database;
    await prisma.user.update({ where: { id }, data: { role: 'USER' } });
    await expect(ensureOperator(app.services, account)).rejects.toThrow(/is a USER of the operator's tenant/);
    expect(await prisma.user.findUniqueOrThrow({ where: { id } })).toMatchObject({ role: 'USER' });
  });

  it('rejects an e-mail that another tenant’s account has verified, and a weak password', async () => {
    const { email } = await app.register();
    const { prisma } = app.services.database;
    await prisma.user.updateMany({ where: { email }, data: { emailVerifiedAt: new Date() } });
    await expect(ensureOperator(app.services, { email, password: 'long enough' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(
      ensureOperator(app.services, { email: 'new@example.com', password: 'short' }),
    ).rejects.toMatchObject({
      code: 'VALIDATION',
    });
  });
});

describe('a start with ADMIN_EMAIL', () => {
  const account = { email: 'root@example.com', password: 'first of all passwords' };
  const app = testApp({ config: { role: 'api', admin: account } });
  const operators = () =>
    app.services.database.prisma.user.findMany({ where: { tenantId: 'operator', removedAt: null } });

  it('does not bring a removed account back while the operator’s tenant has another ADMIN', async () => {
    const successor = await ensureOperator(app.services, { ...account, email: 'next@example.com' });
    const next = await app.signIn('login', { email: 'next@example.com', password: account.password });
    const { user } = await app.signIn('login', account);
    await app.mutate('removeUser', { userId: user.id }, '', { token: next.accessToken });
    await ensureFirstOperator(app.services, account);
    expect((await operators()).map(({ id }) => id)).toEqual([successor.id]);
  });

  it('makes an ADMIN of the same tenant after the last one has deleted the account', async () => {
    const next = await app.signIn('login', { email: 'next@example.com', password: account.password });
    const session = { token: next.accessToken };
    await app.mutate('deleteAccount', { password: account.password }, '', session);
    await ensureFirstOperator(app.services, account);
    expect(await operators()).toMatchObject([{ email: account.email, role: 'ADMIN' }]);
    const { user } = await app.signIn('login', account);
    expect(user.tenant.name).toBe('Operator');
  });
});
