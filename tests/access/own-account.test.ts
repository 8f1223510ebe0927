import { describe, expect, it } from 'vitest';
import { createLink } from '../../src/modules/auth/links/links.ts';
import { type Account, mutationDocument, type Session, testApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { rowId } from '../support/ids.ts';

const app = testApp({ config: { role: 'api' } });
const PASSWORD = 'correct horse battery';
const USER = 'user { id email plan displayName permissions tenant { id name costLimit } }';

/** Each public mutation that answers with an account, with an input that succeeds for `owner`. */
const PUBLIC: Record<string, Case> = {
  register: {
    input: () => ({ email: `${crypto.randomUUID()}@example.com`, password: PASSWORD, displayName: 'Ann' }),
    selection: `... on RegisterSuccess { session { ${USER} } }`,
  },
  login: {
    input: ({ email, password }) => ({ email, password }),
    selection: `... on LoginSuccess { session { ${USER} } }`,
  },
  refreshSession: {
    input: ({ session }) => ({ refreshToken: session.refreshToken }),
    selection: `... on RefreshSessionSuccess { session { ${USER} } }`,
  },
  verifyEmail: {
    input: async (owner) => ({ token: await linkOf(owner, 'VERIFY_EMAIL') }),
    selection: `... on VerifyEmailSuccess { ${USER} }`,
  },
  resetPassword: {
    input: async (owner) => ({ token: await linkOf(owner, 'RESET_PASSWORD'), newPassword: PASSWORD }),
    selection: `... on ResetPasswordSuccess { ${USER} }`,
  },
};

describe.each(Object.entries(PUBLIC))('%s', (name, { input, selection }) => {
  it.each(['nobody', 'a member of another tenant', 'an API key of another tenant'])(
    'answers with the whole account and its tenant to a request of %s',
    async (sender) => {
      const owner = await app.register();
      const stranger = await app.register();
      const token =
        sender === 'nobody'
          ? undefined
          : sender.startsWith('an API key')
            ? (await createKey(app, stranger)).token
            : stranger.token;
      const { data, errors } = await app.graphql<Record<string, Answer>>(
        mutationDocument(name, selection),
        { input: await input(owner) },
        { token },
      );
      expect(errors).toBeUndefined();
      const { user, session } = data![name]!;
      const account = user ?? session!.user;
      expect(account).toMatchObject({
        email: expect.stringContaining('@example.com') as string,
        plan: 'FREE',
        tenant: { id: expect.any(String) as string, costLimit: null },
      });
      expect(account.permissions).toContain('USER_MANAGE');
      if (name !== 'register') expect(account.tenant).toEqual(tenantOf(owner.session));
    },
  );
});

describe('reading by id without a viewer', () => {
  it('sees nothing, also beside a public mutation in the same session', async () => {
    const owner = await app.register();
    const { errors, data } = await app.graphql('query ($id: ID!) { node(id: $id) { id } }', {
      id: owner.session.user.id,
    });
    expect([data?.['node'] ?? null, errors?.[0]?.extensions?.['code']]).toEqual([null, 'UNAUTHENTICATED']);
  });
});

async function linkOf(
  { email, session }: Account,
  purpose: 'VERIFY_EMAIL' | 'RESET_PASSWORD',
): Promise<string> {
  const token = await app.services.database.transact((tx) =>
    createLink(tx, purpose, { id: rowId(session.user.id), email }),
  );
  return token!;
}

function tenantOf({ user: { tenant } }: Session): object {
  return { id: tenant.id, name: tenant.name, costLimit: tenant.costLimit };
}

interface Case {
  input: (owner: Account) => object | Promise<object>;
  selection: string;
}

interface Answer {
  user?: Session['user'];
  session?: Session;
}
