import { SignJWT } from 'jose';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tokenFor } from '../../../docs/examples/shared-secret-token.ts';
import { testApp } from '../../support/app.ts';
import { now } from '../../support/forged-token.ts';

/** Not a placeholder as in the examples: a secret of less than 32 bytes signs nobody in. */
const SECRET_KEY = 'only for tests: a key that another service has, too';

/** `jwt.encode(payload, SECRET_KEY, algorithm="HS256")` of the Python library jose. */
function encode(payload: Record<string, unknown>, secret = SECRET_KEY): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(Buffer.from(secret));
}

/** The examples of the services that share the secret. */
const PAYLOADS = {
  'the integration guide': () => ({
    sub: 'user123',
    tenant_id: 'tenant1',
    email: 'user@example.com',
    role: 'user',
    exp: now() + 30 * 60,
  }),
  'the checklist of the frontend': () => ({
    sub: 'backend_user_001',
    tenant_id: 'tenant1',
    email: 'user@dwp.com',
    role: 'user',
    exp: now() + 3_540,
    iat: now() - 60,
  }),
};

const DOCUMENT = fs.readFileSync('docs/signing-in.md', 'utf8');
const VIEWER = '{ viewer { email role displayName tenant { externalId } } }';

describe('a token under SECRET_KEY', () => {
  const app = testApp({ config: { role: 'api', secretKey: SECRET_KEY } });
  const ask = (token: string, headers: Record<string, string> = {}) =>
    app.graphql(VIEWER, {}, { token, headers });

  describe.each(Object.entries(PAYLOADS))('as in %s', (_where, payload) => {
    it('signs in, with the headers that its frontend sends', async () => {
      const { sub, email } = payload();
      const headers = { 'x-tenant-id': 'tenant1', 'x-user-id': sub };
      expect(await ask(await encode(payload()), headers)).toMatchObject({
        status: 200,
        data: { viewer: { email, role: 'USER', displayName: email, tenant: { externalId: 'tenant1' } } },
      });
    });

    it('is refused with the headers of another tenant or user', async () => {
      const token = await encode(payload());
      expect(await ask(token, { 'x-tenant-id': 'different_tenant' })).toMatchObject({
        status: 403,
        errors: [{ message: 'Tenant ID mismatch between JWT and header' }],
      });
      expect(await ask(token, { 'x-user-id': 'user999' })).toMatchObject({
        status: 403,
        errors: [{ message: 'User ID mismatch between JWT and header' }],
      });
    });

    it('is refused under another key', async () => {
      expect((await ask(await encode(payload(), 'x'.repeat(32)))).status).toBe(401);
    });
  });

  it('is asked for where it is missing, and told apart from a bad one', async () => {
    expect(await app.graphql(VIEWER)).toMatchObject({ status: 401, errors: [{ message: /^Sign in first/ }] });
    expect(await ask('invalid_token')).toMatchObject({ status: 401 });
    expect(
      (await fetch(app.url('/health'), { headers: { authorization: 'Bearer invalid_token' } })).status,
    ).toBe(200);
  });

  it('signs in as docs/signing-in.md shows', async () => {
    const example = fs.readFileSync('docs/examples/shared-secret-token.ts', 'utf8');
    expect(DOCUMENT).toContain(`\n\`\`\`ts\n${example}\`\`\`\n`);
    const [, curl] = /```sh\n(curl [^`]+)```/.exec(DOCUMENT.split('### A shared secret')[1]!)!;
    const TOKEN = await tokenFor({ id: 'user123', tenantId: 'tenant1', role: 'user' }, SECRET_KEY);
    const command = curl!.replace('http://localhost:9000/graphql', app.url());
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: { ...process.env, TOKEN } });
    expect(JSON.parse(stdout)).toMatchObject({
      data: { viewer: { role: 'USER', tenant: { externalId: 'tenant1' } } },
    });
  });

  it('cannot be one of our own: it names no session', async () => {
    const { session } = await app.register();
    const forged = await encode({ sub: session.user.id, tenant_id: session.user.tenant.id, exp: now() + 60 });
    const { data } = await ask(forged);
    expect(data).toMatchObject({ viewer: { email: null, role: 'USER' } });
  });
});

describe('JWT_SECRET_KEY', () => {
  const app = testApp({
    config: { role: 'api', secretKey: SECRET_KEY, jwtSecretKey: 'only for tests: the one that is shared' },
  });

  it('takes the place of SECRET_KEY', async () => {
    const payload = PAYLOADS['the integration guide']();
    const shared = await encode(payload, 'only for tests: the one that is shared');
    expect((await app.graphql(VIEWER, {}, { token: shared })).status).toBe(200);
    expect((await app.graphql(VIEWER, {}, { token: await encode(payload) })).status).toBe(401);
  });
});

describe('JWT_SHARED_SECRET_LOGIN=false', () => {
  const app = testApp({ config: { role: 'api', secretKey: SECRET_KEY, isSharedSecretLogin: false } });

  it('refuses what is signed with a shared secret', async () => {
    const token = await encode(PAYLOADS['the integration guide']());
    expect((await app.graphql(VIEWER, {}, { token })).status).toBe(401);
  });
});

describe('a SECRET_KEY of less than 32 bytes', () => {
  const app = testApp({ config: { role: 'api', secretKey: 'your_shared_secret_key' } });

  it('signs our own tokens only, and the log says so', async () => {
    const token = await encode(PAYLOADS['the integration guide'](), 'your_shared_secret_key');
    expect((await app.graphql(VIEWER, {}, { token })).status).toBe(401);
    const own = await app.register();
    expect((await app.graphql(VIEWER, {}, own)).status).toBe(200);
    expect(app.logs.join('')).toContain('SECRET_KEY is shorter than 32 bytes');
  });
});
