import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { placesOf } from '../../support/canaries.ts';
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

interface Registration {
  input: { email: string; password: string };
}
