import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { testApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { mailServer, productionWithMail, secretIn } from '../../support/mail-server.ts';

describe('requestPasswordReset', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const request = (email: string) =>
    app.mutate<{ accepted: boolean }>(
      'requestPasswordReset',
      { email },
      '... on RequestPasswordResetSuccess { accepted }',
    );

  it('sends a link to the address of an account, with the token in its fragment', async () => {
    const { email } = await app.register();
    await mail.to(email); // the link to verify it
    await request(email.toUpperCase());
    const [, reset] = await mail.to(email, 2);
    expect(reset!.subject).toBe('Reset your password');
    expect(reset!.link).toMatch(/^https:\/\/app\.example\.com\/reset-password#token=[\w-]{43}$/);
  });

  it('gives the same answer for an address without an account, and sends nothing', async () => {
    const { email } = await app.register();
    const nobody = `${randomUUID()}@example.com`;
    expect(await request(nobody)).toEqual(await request(email));
    await mail.to(email, 2);
    expect(mail.received.filter(({ to }) => to === nobody)).toEqual([]);
  });

  it('never links a user of another issuer', async () => {
    const email = `${randomUUID()}@example.com`;
    const { session } = await app.register();
    const { prisma } = app.services.database;
    await prisma.user.updateMany({ where: { email: session.user.email }, data: { email, subject: 'them' } });
    expect(await request(email)).toMatchObject({ accepted: true });
    expect(await prisma.accountLink.count({ where: { email } })).toBe(0);
  });

  it('neither stores nor mails a link when the account is deleted before the link is made', async () => {
    const account = await app.register();
    const { email, password, token } = account;
    await mail.to(email); // the link to verify it
    let makeLink: (() => Promise<void>) | undefined;
    vi.spyOn(app.services.accountMail, 'prepare').mockImplementationOnce((work) => (makeLink = work));
    await request(email);
    await app.mutate('deleteAccount', { password }, '', { token });
    const sent = vi.spyOn(app.services.accountMail, 'passwordReset');
    await makeLink!();
    expect(await app.services.database.prisma.accountLink.count({ where: { email } })).toBe(0);
    expect(sent).not.toHaveBeenCalled();
    sent.mockRestore();
  });

  it('returns ValidationError for an address that is none', async () => {
    expect(await request('nobody')).toMatchObject({ __typename: 'ValidationError' });
  });

  it('is throttled alike for every address, so that nobody’s inbox is flooded', async () => {
    const { email } = await app.register();
    for (const address of [email, `${randomUUID()}@example.com`]) {
      for (let n = 1; n <= 5; n++) expect(await request(address)).toMatchObject({ accepted: true });
      await expect(request(address)).rejects.toThrow('RATE_LIMITED');
    }
    expect(await mail.to(email, 6)).toHaveLength(6); // one to verify it
  });

  it('keeps the token only as a hash, and writes it to no log', async () => {
    const { email } = await app.register();
    await request(email);
    const mails = await mail.to(email, 2);
    const tables = await app.services.database.sql('SELECT to_jsonb(l) AS row FROM account_links l');
    for (const { secret } of mails) {
      expect(secret).toHaveLength(43);
      expect(JSON.stringify(tables)).not.toContain(secret);
      expect(app.logs.join()).not.toContain(secret);
    }
  });
});

describe('requestPasswordReset without SMTP_URL', () => {
  const app = testApp({ config: { role: 'api' } });

  it('writes the link to the log in development', async () => {
    const { email } = await app.register();
    await app.mutate('requestPasswordReset', { email });
    const link = await eventually(
      () => /http:\S+reset-password#token=[\w-]+/.exec(app.logs.join())?.[0] ?? false,
    );
    const reset = { token: secretIn(link), newPassword: 'correct horse stable' };
    expect(await app.mutate('resetPassword', reset)).toMatchObject({ __typename: 'ResetPasswordSuccess' });
  });
});

describe('requestPasswordReset in production without SMTP_URL', () => {
  const app = testApp({
    config: { role: 'api', environment: 'production', registration: 'open', publicUrl: null },
  });

  it('logs that no mail was sent and which command makes a link, without the link and the address', async () => {
    const { email } = await app.register();
    expect(await app.mutate('requestPasswordReset', { email })).toMatchObject({
      __typename: 'RequestPasswordResetSuccess',
    });
    await eventually(() => app.logs.join().includes('"Reset your password"'));
    expect(app.logs.join()).toContain('npm run account-link -- reset <email>');
    expect(app.logs.join()).not.toMatch(/token=/);
    expect(app.logs.join()).not.toContain(email);
  });
});
