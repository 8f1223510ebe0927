import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { testDatabase, withDatabaseName } from '../support/database.ts';

describe('migrate', () => {
  const server = inject('postgresUrl');
  const name = `cli_${randomUUID().replaceAll('-', '')}`;
  const settings = { DATABASE_URL: withDatabaseName(server, name) };
  beforeAll(() => query(server, `CREATE DATABASE ${name}`));
  afterAll(() => query(server, `DROP DATABASE ${name} WITH (FORCE)`));

  it('status lists pending migrations with exit code 1 until they are applied', async () => {
    const before = await cli(['migrate', 'status'], settings);
    expect(before).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/^Pending: \d+_init$/m),
      stderr: '',
    });
    expect(await cli(['audit:verify'], settings)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Migrations are pending: \d+_init, /),
    });
    const deploy = await cli(['migrate'], settings);
    expect(deploy).toMatchObject({ exitCode: 0, stdout: before.stdout.replaceAll('Pending', 'Applied') });
    const after = await cli(['migrate', 'status'], settings);
    expect(after).toMatchObject({ exitCode: 0, stdout: 'Nothing to do: the migrations are up to date.\n' });
  });

  it('check and new find no difference between the migrations and schema.prisma', async () => {
    const migrations = fs.readdirSync('prisma/migrations');
    expect(await run('tools/migrations.ts', ['check'], settings)).toMatchObject({ exitCode: 0 });
    expect(await run('tools/migrations.ts', ['new', 'nothing'], settings)).toMatchObject({ exitCode: 0 });
    expect(fs.readdirSync('prisma/migrations')).toEqual(migrations);
  });

  it('passes other commands on to the operator’s commands', async () => {
    const status = await run('tools/migrations.ts', ['status'], settings);
    expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('up to date') });
  });
});

describe('create-admin', () => {
  const database = testDatabase();
  const account = { ADMIN_EMAIL: 'operator@example.com', ADMIN_PASSWORD: 'correct horse battery' };

  it('creates the account once, and confirms it on later calls', async () => {
    for (const _ of ['first', 'again']) {
      const { exitCode, stdout } = await cli(['create-admin'], { DATABASE_URL: database.url, ...account });
      expect(stdout).toBe("operator@example.com is an ADMIN of the operator's tenant.\n");
      expect(exitCode).toBe(0);
    }
    const accounts = await query(database.url, 'SELECT email, role, plan FROM users');
    expect(accounts).toEqual([{ email: account.ADMIN_EMAIL, role: 'ADMIN', plan: 'UNLIMITED' }]);
  });

  it('reports an invalid account in one line without a stack', async () => {
    const settings = { DATABASE_URL: database.url };
    expect(await cli(['create-admin'], settings)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'ADMIN_EMAIL and ADMIN_PASSWORD must be set\n',
    });
    const weak = await cli(['create-admin'], { ...settings, ...account, ADMIN_PASSWORD: 'short' });
    expect(weak.exitCode).toBe(1);
    expect(weak.stderr.trim().split('\n')).toHaveLength(1);
    expect(weak.stderr).not.toContain('    at ');
  });
});

describe('account-link', () => {
  const database = testDatabase();
  const settings = {
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    SECRET_KEY: 'q8Zr2mVx0LkT5nJd7WcYb3HsGf6PaE1u',
    OPENAI_API_KEY: 'sk-x',
    ENCRYPTION_KEY: createHash('sha256').update('only for tests').digest('base64'),
    PUBLIC_URL: 'https://app.example.com/',
  };
  const link = (args: string[], more = {}) => cli(['account-link', ...args], { ...settings, ...more });
  const email = 'operator@example.com';
  beforeAll(() =>
    cli(['create-admin'], { ...settings, ADMIN_EMAIL: email, ADMIN_PASSWORD: 'correct horse battery' }),
  );

  it.each([
    ['reset', 'RESET_PASSWORD', 'reset-password'],
    ['verify', 'VERIFY_EMAIL', 'verify-email'],
  ])('%s prints a link, in production too, and stores its hash', async (purpose, stored, page) => {
    const { exitCode, stdout } = await link([purpose, 'Operator@example.com']);
    expect(exitCode).toBe(0);
    const [, token] = /^https:\/\/app\.example\.com\/([\w-]+#token=[\w-]{43})\n$/
      .exec(stdout)![1]!
      .split('#token=');
    expect(stdout).toContain(`/${page}#`);
    const hash = createHash('sha256').update(token!).digest('hex');
    const where = `purpose = '${stored}' AND token_hash = '${hash}' AND expires_at > now()`;
    expect(await query(database.url, `SELECT email FROM account_links WHERE ${where}`)).toEqual([{ email }]);
  });

  it('verify leaves an address that several accounts claim to a reset', async () => {
    await query(
      database.url,
      `INSERT INTO users (id, tenant_id, email, display_name, role) VALUES ('other', 'operator', '${email}', 'Other', 'USER')`,
    );
    expect(await link(['verify', email])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^2 accounts claim .*: npm run account-link -- reset operator@example\.com\n$/,
      ),
    });
    expect(await link(['reset', email])).toMatchObject({ exitCode: 0 });
  });

  it('reports an unknown address and a missing PUBLIC_URL in one line', async () => {
    expect(await link(['reset', 'nobody@example.com'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'No account has the e-mail nobody@example.com.\n',
    });
    expect(await link(['reset', email], { PUBLIC_URL: '' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^PUBLIC_URL must be set/),
    });
  });

  it.each([[['reset']], [['remove', email]], [[]]])('lists the commands for %j', async (args) => {
    expect(await link(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('account-link') });
  });
});

describe('ledger:verify', () => {
  const database = testDatabase();
  const verify = (...args: string[]) => cli(['ledger:verify', ...args], { DATABASE_URL: database.url });

  it('exits with 1 and names the counters that differ, until --repair has set them', async () => {
    const sound = { exitCode: 0, stdout: 'The ledger and the counters agree.\n', stderr: '' };
    expect(await verify()).toEqual(sound);
    await query(
      database.url,
      "INSERT INTO spending_accounts (id, spent_micros) VALUES ('user:ann:2026-11-28', 1500000)",
    );
    const problem = 'BROKEN: counter user:ann:2026-11-28 says $1.50, the ledger $0.00\n';
    expect(await verify()).toEqual({ exitCode: 1, stdout: problem, stderr: '' });
    expect(await verify('--repair')).toEqual({
      exitCode: 0,
      stdout: `${problem}Set from the ledger: 1 counters.\n`,
      stderr: '',
    });
    expect(await verify()).toEqual(sound);
  });
});

describe('audit:verify', () => {
  const database = testDatabase();
  const verify = (...args: string[]) => cli(['audit:verify', ...args], { DATABASE_URL: database.url });
  const file = path.join(os.tmpdir(), `audit-heads-${randomUUID()}.txt`);
  afterAll(() => fs.rmSync(file, { force: true }));

  it('prints a line for each tenant, counts what is not linked yet, and exits with 1 when a log is broken', async () => {
    expect(await verify()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    await cli(['create-admin'], {
      DATABASE_URL: database.url,
      ADMIN_EMAIL: 'operator@example.com',
      ADMIN_PASSWORD: 'correct horse battery',
    });
    const { exitCode, stdout } = await verify();
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^operator 0:- intact \(1 not linked yet, since 20\S+Z\)\n$/),
    ]);

    await query(
      database.url,
      'ALTER TABLE audit_entries DISABLE TRIGGER USER; DELETE FROM audit_addresses; DELETE FROM audit_entries',
    );
    const broken = await verify();
    expect(broken.exitCode).toBe(1);
    expect(broken.stdout).toMatch(
      /^operator 0:- BROKEN: entry [\w-]+, which was not linked yet, is missing\n$/,
    );
  });

  it('compares with its earlier output', async () => {
    fs.writeFileSync(file, `gone 3:${'a'.repeat(64)} intact\n`);
    const { exitCode, stdout } = await verify('--expect', file);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('gone 0:- BROKEN: the chain ends at link 0, but had 3 links\n');
    fs.writeFileSync(file, 'something else\n');
    expect(await verify('--expect', file)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `--expect: ${file} is not the output of audit:verify\n`,
    });
    const missing = await verify('--expect', `${file}.missing`);
    expect([missing.exitCode, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/^--expect: ENOENT[^\n]*\n$/),
    ]);
    expect(await verify('--unknown')).toMatchObject({ exitCode: 1, stdout: '' });
  });
});

describe('deny-token', () => {
  const database = testDatabase();
  const deny = (...args: string[]) => cli(['deny-token', ...args], { DATABASE_URL: database.url });

  it('stores one token, and all tokens of a subject up to a time', async () => {
    expect(await deny('--issuer', 'shared-secret', '--jti', 'token 1')).toEqual({
      exitCode: 0,
      stdout: 'The token token 1 of the issuer shared-secret is refused from now on.\n',
      stderr: '',
    });
    const time = '2026-11-28T12:00:00.000Z';
    const subject = await deny('--issuer', 'shared-secret', '--subject', 'user', '--issued-by', time);
    expect(subject.stdout).toBe(
      'The earlier tokens of user of the issuer shared-secret are refused from now on.\n',
    );
    expect(await query(database.url, 'SELECT issuer, jti, subject, issued_by FROM denied_tokens')).toEqual([
      { issuer: 'shared-secret', jti: 'token 1', subject: null, issued_by: null },
      { issuer: 'shared-secret', jti: null, subject: 'user', issued_by: new Date(time) },
    ]);
  });

  it.each([
    [['--jti', 'x'], '--issuer must be one of shared-secret\n'],
    [['--issuer', 'nobody', '--jti', 'x'], '--issuer must be one of shared-secret\n'],
    [['--issuer', 'shared-secret'], 'Give either --jti or --subject\n'],
    [['--issuer', 'shared-secret', '--jti', 'x', '--subject', 'y'], 'Give either --jti or --subject\n'],
    [
      ['--issuer', 'shared-secret', '--subject', 'y', '--issued-by', 'soon'],
      '--issued-by must be a time such as 2026-11-28T12:00:00Z\n',
    ],
  ])('refuses %j in one line', async (args, stderr) => {
    expect(await deny(...args)).toEqual({ exitCode: 1, stdout: '', stderr });
  });

  it('refuses an unknown option without a stack', async () => {
    const { exitCode, stderr } = await deny('--token', 'x');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Unknown option '--token'/);
    expect(stderr).not.toContain('    at ');
  });
});

describe('check-config', () => {
  it('prints the effective settings without secrets', async () => {
    const { exitCode, stdout, stderr } = await cli(['check-config'], { PORT: '8080', SECRET_KEY: 'canary' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('PORT = 8080\n');
    expect(stdout).toContain('SECRET_KEY = set\n');
    expect(stdout).not.toContain('canary');
  });

  it('prints the problems instead, one a line, with exit code 1', async () => {
    const { exitCode, stdout, stderr } = await cli(['check-config'], { NODE_ENV: 'production', PORT: 'x' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const names = stderr
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual(expect.arrayContaining(['PORT', 'SECRET_KEY', 'ENCRYPTION_KEY']));
  });
});

const OLLAMA = JSON.stringify([
  {
    name: 'ollama',
    baseUrl: 'http://localhost:11434/v1',
    models: [{ name: 'llama3.2:3b', inputUsdPerMTok: '0', outputUsdPerMTok: '0' }],
  },
]);

describe('check-config, of the default model,', () => {
  it.each([
    ['the first of its provider', { OPENAI_API_KEY: 'k' }, /use gpt-\S+ of OPENAI\.$/m],
    [
      'of the provider that has it',
      { ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k', DEFAULT_LLM_MODEL: 'gpt-5-mini' },
      /^DEFAULT_LLM_PROVIDER = OPENAI \(default\)$.*use gpt-5-mini of OPENAI\.$/ms,
    ],
    [
      'the successor of a retired one',
      { ANTHROPIC_API_KEY: 'k', DEFAULT_LLM_MODEL: 'claude-3-5-sonnet-20241022' },
      /claude-3-5-sonnet-20241022 is no longer served since .*use claude-sonnet-5-5 of ANTHROPIC\.$/ms,
    ],
  ])('shows %s', async (_what, settings, shown) => {
    const { exitCode, stdout } = await cli(['check-config'], settings);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(shown) });
  });

  it.each([
    [
      { OPENAI_API_KEY: 'k', DEFAULT_LLM_MODEL: 'gpt-99' },
      /^DEFAULT_LLM_MODEL: .*"gpt-99" of OPENAI has no known/,
    ],
    [
      { OPENAI_COMPATIBLE_SERVERS: OLLAMA, DEFAULT_LLM_MODEL: 'llama3.2:3b' },
      /^DEFAULT_LLM_MODEL: .* use `ollama\/llama3\.2:3b` of OPENAI_COMPATIBLE\.$/m,
    ],
    [{ LLM_PRICES_FILE: 'package.json' }, /^LLM_PRICES_FILE\.asOf must be the day/],
  ])('refuses what a start refuses: %j', async (settings, problem) => {
    const { exitCode, stdout, stderr } = await cli(['check-config'], settings);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});

describe('schema', () => {
  it('writes the committed schema', async () => {
    const committed = fs.readFileSync('schema/schema.graphql', 'utf8');
    expect(await cli(['schema'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(fs.readFileSync('schema/schema.graphql', 'utf8')).toBe(committed);
  });
});

describe('any other command', () => {
  it.each([[[]], [['migrate', 'undo']], [['--help']]])(
    '%j lists the commands with exit code 2',
    async (args) => {
      const { exitCode, stderr } = await cli(args);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^Commands:\n {2}migrate/);
    },
  );

  it('ends with the problems of the settings', async () => {
    const { exitCode, stderr } = await cli(['migrate'], { PORT: 'x' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^PORT must be/);
  });
});

const cli = (args: string[], settings?: Record<string, string>) => run('src/cli.ts', args, settings);

/** Runs a command like an operator, with only these settings. */
function run(script: string, args: string[], settings: Record<string, string> = {}): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const child = execFile(
    process.execPath,
    [script, ...args],
    { env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...settings }, timeout: 60_000 },
    (_error, stdout, stderr) => resolve({ exitCode: child.exitCode, stdout, stderr }),
  );
  return promise;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

interface CommandResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}
