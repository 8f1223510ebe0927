import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { placesOf } from '../../support/canaries.ts';
import { ensureOperator } from '../../../src/modules/auth/accounts/operator.ts';
import { type Account, type RequestOptions, testApp } from '../../support/app.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

const page = fs.readFileSync('docs/signing-in.md', 'utf8');
const examples = [...page.matchAll(/^```graphql\n(.*?)^```/gms)].map(([, document]) => document!);

/** The example of an operation, as it stands in docs/signing-in.md. */
function example(start: string): string {
  const found = examples.filter((document) => document.includes(start));
  expect(found, start).toHaveLength(1);
  return found[0]!;
}

describe('the examples of docs/signing-in.md on registration, links and invitations', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const run = async (document: string, variables: object, token?: string) => {
    const { data, errors } = await app.graphql<Record<string, object>>(document, variables, { token });
    expect(errors).toBeUndefined();
    return Object.values(data!)[0] as never;
  };

  it('work one after the other, and leave no secret in the database or the log', async () => {
    const [, body] = /-d '(\{\n  "query": "mutation \(\$input: RegisterInput!.*?\n\})'/s.exec(page)!;
    const { query, variables } = JSON.parse(body!) as { query: string; variables: Registration };
    const { email } = variables.input;
    expect(await run(query, variables)).toMatchObject({ session: { user: { email, emailVerified: false } } });

    const [verification] = await mail.to(email);
    const verified = await run(example('verifyEmail('), { token: verification!.secret });
    expect(verified).toMatchObject({ user: { emailVerified: true } });

    expect(await run(example('requestPasswordReset('), { email })).toMatchObject({ accepted: true });
    const [, reset] = await mail.to(email, 2);
    const newPassword = 'correct horse stable';
    expect(await run(example('resetPassword('), { token: reset!.secret, newPassword })).toMatchObject({
      __typename: 'ResetPasswordSuccess',
    });

    const { accessToken } = await app.signIn('login', { email, password: newPassword });
    const bob = 'bob@example.com';
    const invited: { secret: string } = await run(example('inviteUser('), { email: bob }, accessToken);
    expect(invited).toMatchObject({ invitation: { email: bob, role: 'USER' } });
    const joining = { invitation: invited.secret, email: bob, password: 'correct horse battery' };
    expect(await run(example('register('), joining)).toMatchObject({ session: { user: { role: 'USER' } } });
    expect(await run(example('invitations('), {}, accessToken)).toMatchObject({
      totalCount: 1,
      nodes: [{ email: bob, acceptedAt: expect.any(String) }],
    });
    await mail.to(bob, 2);
    const secrets = mail.received.map(({ secret }) => secret);
    expect(secrets).toHaveLength(4); // two to the first account, an invitation, and a link to who joined without it
    const passwords = [variables.input.password, newPassword];
    expect(await placesOf(app, [...secrets, invited.secret, ...passwords])).toEqual([]);
    expect(await placesOf(app, [email])).toContain('users'); // the search finds what is there
  });
});

describe('the examples of docs/signing-in.md on members, one’s own data and API keys', () => {
  const app = testApp({ config: { role: 'api' } });
  const run = async (start: string, variables: object, account: Pick<Account, 'token'>) => {
    const { data, errors } = await app.graphql<Record<string, object>>(example(start), variables, account);
    expect(errors).toBeUndefined();
    return Object.values(data!)[0] as never;
  };
  /** Runs each shell example that contains the text, against this server. */
  const shell = (text: string, env: Record<string, string>) =>
    Promise.all(
      [...page.matchAll(/^```sh\n(.*?)^```/gms)]
        .map(([, script]) => script!.replaceAll('http://localhost:9000', app.url('')))
        .filter((script) => script.includes(text))
        .map(
          async (script) =>
            (await sh('sh', ['-ec', script], { env: { PATH: '/usr/bin:/bin', ...env }, cwd: env['HOME'] }))
              .stdout,
        ),
    );

  it('manage members and plans', async () => {
    const admin = await app.register();
    const user = await app.member(admin, 'USER');
    const userId = user.session.user.id;
    expect(await run('users(first', { search: user.email }, admin)).toMatchObject({
      totalCount: 1,
      nodes: [{ id: userId, email: user.email, apiKeys: [] }],
    });
    expect(await run('setUserRole(', { userId }, admin)).toMatchObject({ user: { role: 'ADMIN' } });
    const operator = { email: 'operator@example.com', password: 'correct horse battery' };
    await ensureOperator(app.services, operator);
    const { accessToken } = await app.signIn('login', operator);
    expect(await run('setUserPlan(', { userId }, { token: accessToken })).toMatchObject({
      user: { id: userId, plan: 'PRO' },
    });
  });

  it('create, use and revoke an API key', async () => {
    const ann = await app.register();
    const made: { apiKey: { id: string }; secret: string } = await run('createApiKey(', {}, ann);
    const [answers] = await shell('X-API-Key', { API_KEY: made.secret });
    const seen = { data: { viewer: { id: ann.session.user.id, permissions: ['PIPELINE_EXECUTE'] } } };
    expect(answers).toBe(JSON.stringify(seen).repeat(2));
    expect(await run('revokeApiKey(', { apiKeyId: made.apiKey.id }, ann)).toMatchObject({
      apiKey: { revokedAt: expect.any(String) },
    });
  });

  it('change the password, download everything and delete the account', async () => {
    const ann = await app.register();
    const changed = await run('changePassword(', { current: ann.password, new: 'correct horse stable' }, ann);
    expect(changed).toMatchObject({ __typename: 'ChangePasswordSuccess' });
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agentforge-export-'));
    await shell('/account/export', { TOKEN: ann.token, HOME: folder });
    const file = fs.readFileSync(path.join(folder, 'agentforge-account.json'), 'utf8');
    fs.rmSync(folder, { recursive: true });
    expect(JSON.parse(file)).toMatchObject({ profile: [{ email: ann.email }] });
    const { id } = ann.session.user;
    expect(await run('deleteAccount(', { password: 'correct horse stable' }, ann)).toMatchObject({
      deletedId: id,
    });
  });
});

describe('the examples of docs/signing-in.md on sessions and cookie mode', () => {
  const app = testApp({ config: { role: 'api' } });
  const run = async (start: string, variables: object, options: RequestOptions = {}) => {
    const { data, errors } = await app.graphql<Record<string, object>>(example(start), variables, options);
    expect(errors).toBeUndefined();
    return Object.values(data!)[0] as never;
  };

  it('sign in, refresh, list and end sessions', async () => {
    const ann = await app.register({ email: 'you@example.com' });
    const { refreshToken } = ann.session;
    expect(await run('refreshSession(', { refreshToken })).toMatchObject({
      __typename: 'RefreshSessionSuccess',
    });
    await run('cookie: true', {}); // a second session
    const sessions: { id: string; current: boolean }[] = await run('sessions {', {}, ann);
    expect(sessions.map(({ current }) => current)).toEqual([false, true]);
    const { id } = sessions[0]!;
    expect(await run('endSession(', { id }, ann)).toMatchObject({ session: { id } });
    expect(await run('logout(input: {})', {}, ann)).toMatchObject({ sessionsEnded: 1 });
  });

  it('run the command of a sign-in', async () => {
    await app.register({ email: 'you@example.com' }).catch(() => null); // the account exists after the test above
    const [, script] = /^```sh\n(curl [^`]*login\(.*?)^```/ms.exec(page)!;
    const { stdout } = await sh('sh', ['-ec', script!.replaceAll('http://localhost:9000', app.url(''))]);
    expect(JSON.parse(stdout)).toMatchObject({ data: { login: { __typename: 'LoginSuccess' } } });
  });
});

const sh = promisify(execFile);

interface Registration {
  input: { email: string; password: string };
}
