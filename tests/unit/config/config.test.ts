import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig, SETTING_NAMES } from '../../../src/config/config.ts';
import { describeConfig } from '../../../src/config/describe.ts';
import { KEYED_PROVIDER_NAMES, KEYED_PROVIDERS } from '../../../src/core/llm/providers/registry.ts';
import { ConfigError } from '../../../src/errors.ts';
import { PLAN_NAMES } from '../../../src/kernel/plans.ts';

const STRONG = 'q8Zr2mVx0LkT5nJd7WcYb3HsGf6PaE1u';
const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: STRONG,
  ENCRYPTION_KEY: 'pQ7vX2mR9kT4wZ8nB3cJ6hF1sD5gL0yVaEuIoNxKqMw=',
  OPENAI_API_KEY: 'sk-x',
};

describe('readConfig', () => {
  it('needs no settings in development', () => {
    expect(readConfig({})).toMatchObject({
      environment: 'development',
      role: 'all',
      host: '127.0.0.1',
      port: 9000,
      databaseUrl: null,
      redisUrl: null,
      secretKey: null,
      defaultProvider: 'OFFLINE',
      isSchemaPublic: true,
      accessTokenMinutes: 30,
      refreshTokenDays: 7,
    });
  });

  it('treats an empty setting as missing', () => {
    expect(readConfig({ PORT: '', REDIS_URL: ' ', SECRET_KEY: '' })).toEqual(readConfig({}));
  });

  it('reports all problems at once, one per line', () => {
    const problems = problemsOf({
      PORT: 'ninety',
      DATABASE_URL: 'mysql://host/db',
      REDIS_URL: 'localhost',
      CORS_ORIGINS: 'app.example.com',
      JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '0',
      ADMIN_EMAIL: 'admin',
      LOG_LEVEL: 'loud',
    });
    const names = problems.map((problem) => problem.split(' ')[0]);
    expect(names).toEqual([
      'LOG_LEVEL',
      'PORT',
      'CORS_ORIGINS',
      'DATABASE_URL',
      'REDIS_URL',
      'JWT_ACCESS_TOKEN_EXPIRE_MINUTES',
      'ADMIN_EMAIL',
      'ADMIN_EMAIL',
    ]);
    expect(problems.every((problem) => !problem.includes('\n'))).toBe(true);
  });

  it('never includes a value in a message, because it may be a secret', () => {
    const secret = 'postgres:/user:hunter2@host';
    expect(
      problemsOf({ DATABASE_URL: secret, SECRET_KEY: 'hunter2', NODE_ENV: 'production' }).join(),
    ).not.toContain('hunter2');
  });

  it('reads origins separated by commas or as a JSON array, from either setting', () => {
    const origins = ['https://a.example', 'http://localhost:5173'];
    expect(readConfig({ CORS_ORIGINS: origins.join(', ') }).corsOrigins).toEqual(origins);
    expect(readConfig({ ALLOWED_ORIGINS: JSON.stringify(origins) }).corsOrigins).toEqual(origins);
    expect(problemsOf({ CORS_ORIGINS: '*' })).toHaveLength(1);
  });

  it('answers for loopback, HOST and ALLOWED_HOSTS; in production for all names unless some are set', () => {
    const hosts = { ALLOWED_HOSTS: 'API.example.com, [::2], 192.0.2.1' };
    const names = ['api.example.com', '::2', '192.0.2.1'];
    expect(readConfig({}).allowedHosts).toEqual([]);
    expect(readConfig({ ...hosts, HOST: '0.0.0.0' }).allowedHosts).toEqual([...names, '0.0.0.0']);
    expect(readConfig(PRODUCTION).allowedHosts).toBeNull();
    expect(readConfig({ ...PRODUCTION, ...hosts }).allowedHosts).toEqual(names);
    for (const ALLOWED_HOSTS of ['https://a.example', 'a.example:80', '*', 'a b', '[1]'])
      expect(problemsOf({ ALLOWED_HOSTS }), ALLOWED_HOSTS).toHaveLength(1);
  });

  it('reads trusted proxies as addresses and ranges', () => {
    const proxies = ['10.0.0.0/8', '192.0.2.1', 'fd00::/8'];
    expect(readConfig({ TRUSTED_PROXIES: proxies.join(',') }).trustedProxies).toEqual(proxies);
    expect(readConfig({ TRUSTED_PROXIES: JSON.stringify(proxies) }).trustedProxies).toEqual(proxies);
    for (const TRUSTED_PROXIES of ['proxy.example', '10.0.0.0/33', '10.1', '10.0.0.0/8/8', '*'])
      expect(problemsOf({ TRUSTED_PROXIES }), TRUSTED_PROXIES).toHaveLength(1);
  });

  it('accepts a DATABASE_URL with a driver in its scheme', () => {
    expect(readConfig({ DATABASE_URL: 'postgresql+asyncpg://u:p@db:5432/a' }).databaseUrl).toBe(
      'postgresql://u:p@db:5432/a',
    );
  });

  it.each(['api', 'worker'])('rejects ROLE=%s without DATABASE_URL and REDIS_URL', (ROLE) => {
    expect(problemsOf({ ROLE })).toEqual([
      expect.stringMatching(/^DATABASE_URL and REDIS_URL must be set for ROLE=/),
    ]);
    expect(problemsOf({ ROLE, DATABASE_URL: 'postgresql://db/a' })).toEqual([
      expect.stringMatching(/^REDIS_URL must/),
    ]);
    expect(readConfig({ ROLE, DATABASE_URL: 'postgresql://db/a', REDIS_URL: 'redis://r' }).role).toBe(ROLE);
  });
});

describe('SECRET_KEY', () => {
  it.each([
    ['missing', undefined],
    ['short', 'your-secret-key-here'],
    ['of few characters', 'changemechangemechangemechangeme'.replaceAll('g', 'c')],
    ['a placeholder', 'your-secret-key-change-in-production-please'],
    ['a repetition', 'k3Vq9ZrT5mXwB2nH'.repeat(2)],
    ['a sequence', '0123456789abcdefKq7vX2mR9kT4wZ8n'],
    ['a walk over the keyboard', 'Kq7vX2mR9kT4asdfghjklwZ8nB3cJ6hF'],
    ['a walk from right to left', 'Kq7vX2mR9kT4MNBVCXZwZ8nB3cJ6hF1s'],
    ['a sequence, repeated', '0123456789abcdef'.repeat(2)],
  ])('is rejected in production when it is %s', (_what, SECRET_KEY) => {
    expect(problemsOf({ ...PRODUCTION, SECRET_KEY })).toEqual([expect.stringMatching(/^SECRET_KEY is/)]);
    expect(problemsOf({ SECRET_KEY })).toEqual([]);
  });

  it('is accepted in production when it is strong', () => {
    expect(readConfig(PRODUCTION).secretKey).toBe(STRONG);
  });
});

describe('HITL_SHARED_SECRET', () => {
  const HITL = { REDIS_URL: 'redis://r', HITL_SHARED_SECRET: `H${STRONG}` };

  it('is optional', () => {
    expect(readConfig({}).hitlSharedSecret).toBeNull();
    expect(readConfig({ ...PRODUCTION, ...HITL }).hitlSharedSecret).toBe(`H${STRONG}`);
  });

  it('needs Redis, and 32 bytes', () => {
    expect(problemsOf({ ...HITL, REDIS_URL: '' })).toEqual([expect.stringMatching(/^REDIS_URL must be set/)]);
    expect(problemsOf({ ...HITL, HITL_SHARED_SECRET: 'short' })).toEqual([
      'HITL_SHARED_SECRET must have at least 32 bytes',
    ]);
  });

  it('is rejected in production when it is guessable or that of our own tokens', () => {
    for (const HITL_SHARED_SECRET of ['0123456789abcdefKq7vX2mR9kT4wZ8n', STRONG])
      expect(problemsOf({ ...PRODUCTION, ...HITL, HITL_SHARED_SECRET })).toEqual([
        expect.stringMatching(/^HITL_SHARED_SECRET (is guessable|must not be the same as SECRET_KEY)/),
      ]);
  });
});

describe('ENCRYPTION_KEY', () => {
  it.each([
    ['missing', undefined, /^ENCRYPTION_KEY is required/],
    ['short', 'c2hvcnQ=', /^ENCRYPTION_KEY must be 32 bytes/],
    ['a repetition', '0123456789abcdef'.repeat(4), /^ENCRYPTION_KEY is guessable/],
    [
      'a sequence of bytes',
      Buffer.from(Array.from({ length: 32 }, (_, n) => n)).toString('hex'),
      /^ENCRYPTION_KEY is guessable/,
    ],
    [
      'a text',
      Buffer.from('k7#rockets-and-blue-cheese-2026!').toString('base64'),
      /^ENCRYPTION_KEY is guessable/,
    ],
    ['of few characters', Buffer.alloc(32).toString('base64'), /^ENCRYPTION_KEY is too weak/],
  ])('is rejected in production when it is %s', (_what, ENCRYPTION_KEY, problem) => {
    expect(problemsOf({ ...PRODUCTION, ENCRYPTION_KEY })).toEqual([expect.stringMatching(problem)]);
  });

  it('is 32 bytes in base64, in base64url or in hex', () => {
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const ENCRYPTION_KEY = createHash('sha256').update('any').digest(encoding);
      expect(problemsOf({ ...PRODUCTION, ENCRYPTION_KEY })).toEqual([]);
    }
    expect(problemsOf({ ENCRYPTION_KEY: 'x' })).toHaveLength(1);
  });
});

describe('ENCRYPTION_KEYS_OLD', () => {
  it('lists keys, and is hidden in what check-config prints', () => {
    const keys = [1, 2].map((n) => createHash('sha256').update(String(n)).digest('hex'));
    const ENCRYPTION_KEYS_OLD = keys.join(',');
    expect(readConfig({ ENCRYPTION_KEYS_OLD }).oldEncryptionKeys.map((key) => key.toString('hex'))).toEqual(
      keys,
    );
    expect(describeConfig({ ENCRYPTION_KEYS_OLD })).toContain('ENCRYPTION_KEYS_OLD = set');
    expect(problemsOf({ ENCRYPTION_KEYS_OLD: `${keys[0]},short` })).toEqual([
      expect.stringMatching(/^ENCRYPTION_KEYS_OLD must list keys of 32 bytes/),
    ]);
  });
});

describe('LLM_ALLOWED_PRIVATE_HOSTS', () => {
  it.each(['http://gateway', 'gateway/v1', 'gateway:80', 'a b', 'ann@gateway', 'Gateway'])(
    'rejects %j',
    (value) => {
      expect(problemsOf({ LLM_ALLOWED_PRIVATE_HOSTS: value })).toEqual([
        expect.stringMatching(/^LLM_ALLOWED_PRIVATE_HOSTS must list hosts/),
      ]);
    },
  );

  it('takes names and addresses, with ports', () => {
    const { allowedPrivateHosts } = readConfig({
      LLM_ALLOWED_PRIVATE_HOSTS: 'gateway, 10.0.0.5:8080, [::1]:1234',
    });
    expect(allowedPrivateHosts).toEqual(['gateway', '10.0.0.5:8080', '[::1]:1234']);
  });
});

describe('LLM_FALLBACKS', () => {
  it.each(['gpt-5', 'NOBODY/gpt-5', 'OPENAI/', 'OPENAI/a,OPENAI/b,OPENAI/c'])('rejects %j', (value) => {
    expect(problemsOf({ LLM_FALLBACKS: value })).toEqual([
      expect.stringMatching(/^LLM_FALLBACKS must list at most 2 models/),
    ]);
  });

  it('takes models of providers, also of own servers', () => {
    const { fallbacks } = readConfig({ LLM_FALLBACKS: 'openai/gpt-5-mini,OPENAI_COMPATIBLE/ollama/llama' });
    expect(fallbacks).toEqual([
      { provider: 'OPENAI', model: 'gpt-5-mini' },
      { provider: 'OPENAI_COMPATIBLE', model: 'ollama/llama' },
    ]);
  });
});

describe('SECRET_KEY in production', () => {
  it.each([
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'AgentForge-2026-x7Lk9mQ2vB4nZ8wR5tY1',
    'correct-horse-battery-staple-1234-zx',
    'production-k3y-x7Lk9mQ2vB4nZ8wR5tY1u',
  ])('is not %s', (SECRET_KEY) => {
    expect(problemsOf({ ...PRODUCTION, SECRET_KEY })).toEqual([
      expect.stringMatching(/^SECRET_KEY is guessable/),
    ]);
  });
});

describe('JWT_SECRET_KEY', () => {
  it('has at least 32 bytes everywhere, and cannot be guessed in production', () => {
    expect(problemsOf({ JWT_SECRET_KEY: 'your_shared_secret_key' })).toEqual([
      'JWT_SECRET_KEY must have at least 32 bytes',
    ]);
    const JWT_SECRET_KEY = 'please-change-this-shared-key-of-ours';
    expect(problemsOf({ JWT_SECRET_KEY })).toEqual([]);
    expect(problemsOf({ ...PRODUCTION, JWT_SECRET_KEY })).toEqual([
      expect.stringMatching(/^JWT_SECRET_KEY is guessable/),
    ]);
  });

  it('is not SECRET_KEY in production', () => {
    expect(problemsOf({ ...PRODUCTION, JWT_SECRET_KEY: STRONG })).toEqual([
      expect.stringMatching(/^JWT_SECRET_KEY must not be the same as SECRET_KEY/),
    ]);
    expect(problemsOf({ SECRET_KEY: STRONG, JWT_SECRET_KEY: STRONG })).toEqual([]);
  });

  it('goes with HS256 only', () => {
    expect(readConfig({ JWT_ALGORITHM: 'HS256' }).isSharedSecretLogin).toBe(true);
    expect(problemsOf({ JWT_ALGORITHM: 'RS256' })).toEqual([
      expect.stringMatching(/^JWT_ALGORITHM must be HS256, .*JWT_ISSUERS$/),
    ]);
  });
});

describe('ADMIN_PASSWORD', () => {
  it('cannot be guessed in production', () => {
    const admin = { ADMIN_EMAIL: 'ops@company.example', ADMIN_PASSWORD: 'ChangeMe!' };
    expect(problemsOf(admin)).toEqual([]);
    expect(problemsOf({ ...PRODUCTION, ...admin })).toEqual([
      expect.stringMatching(/^ADMIN_PASSWORD is guessable/),
    ]);
  });
});

describe('DEFAULT_PLAN', () => {
  it.each([
    ['PRO in development', {}, 'PRO'],
    ['FREE in production', PRODUCTION, 'FREE'],
    ['as it is set, in production too', { ...PRODUCTION, DEFAULT_PLAN: 'UNLIMITED' }, 'UNLIMITED'],
  ])('is %s', (_what, env, plan) => {
    expect(readConfig(env).defaultPlan).toBe(plan);
  });

  it('is rejected when the plan does not exist', () => {
    expect(problemsOf({ DEFAULT_PLAN: 'GOLD' })).toEqual([
      `DEFAULT_PLAN must be one of ${PLAN_NAMES.join(', ')}`,
    ]);
  });
});

describe('rate limits', () => {
  it('have defaults', () => {
    expect(readConfig({}).rateLimits).toEqual({
      requestsPerMinute: 100,
      authRequestsPerMinute: 20,
      executionsPerMinute: 20,
      executionBurst: 30,
      keyChecksPerMinute: 10,
    });
  });

  it('are whole numbers; 0 switches one off, but a bucket holds a token', () => {
    expect(readConfig({ RATE_LIMIT_PER_MINUTE: '0' }).rateLimits.requestsPerMinute).toBe(0);
    expect(problemsOf({ RATE_LIMIT_AUTH_PER_MINUTE: '-1', RATE_LIMIT_EXECUTION_BURST: '0' })).toEqual([
      'RATE_LIMIT_AUTH_PER_MINUTE must be a whole number from 0 to 1000000',
      'RATE_LIMIT_EXECUTION_BURST must be from 1 to 1000000',
    ]);
  });
});

describe('MAX_COST_PER_DAY', () => {
  it('is an exact amount, and none by default', () => {
    expect(readConfig({ MAX_COST_PER_DAY: '12.000001' }).maxCostPerDayMicros).toBe(12_000_001n);
    expect(readConfig({}).maxCostPerDayMicros).toBeNull();
    for (const amount of ['-1', '1e3', '$5', '1.1234567'])
      expect(problemsOf({ MAX_COST_PER_DAY: amount })).toEqual([
        'MAX_COST_PER_DAY must be an amount in US dollars such as 50 or 12.50',
      ]);
  });

  it('is required in production where everybody may register', () => {
    const open = { ...PRODUCTION, REGISTRATION: 'open' };
    expect(problemsOf(open)).toEqual([expect.stringContaining('MAX_COST_PER_DAY is required')]);
    expect(problemsOf({ ...PRODUCTION, REGISTRATION: 'invite' })).toEqual([]);
    expect(readConfig({ ...open, MAX_COST_PER_DAY: '50' }).maxCostPerDayMicros).toBe(50_000_000n);
  });
});

describe('REGISTRATION', () => {
  it.each([
    ['open in development', {}, 'open'],
    ['closed in production', PRODUCTION, 'closed'],
    ['as it is set, in production too', { ...PRODUCTION, REGISTRATION: 'invite' }, 'invite'],
  ])('is %s', (_what, env, registration) => {
    expect(readConfig(env).registration).toBe(registration);
  });

  it('is rejected when it is none of the three', () => {
    expect(problemsOf({ REGISTRATION: 'yes' })).toEqual(['REGISTRATION must be one of open, invite, closed']);
  });
});

describe('the settings of mail', () => {
  const SMTP_URL = 'smtps://user:hunter2@mail.example.com';

  it('have defaults outside production', () => {
    expect(readConfig({ SMTP_URL })).toMatchObject({
      smtpUrl: SMTP_URL,
      mailFrom: 'AgentForge <agentforge@localhost>',
      publicUrl: 'http://localhost:3000',
    });
  });

  it('need a sender and the address of links in production', () => {
    expect(problemsOf({ ...PRODUCTION, SMTP_URL })).toEqual([
      'MAIL_FROM is required in production when SMTP_URL is set',
      'PUBLIC_URL is required in production when SMTP_URL is set',
    ]);
    const complete = { MAIL_FROM: 'no-reply@example.com', PUBLIC_URL: 'https://app.example.com/' };
    expect(readConfig({ ...PRODUCTION, SMTP_URL, ...complete }).publicUrl).toBe('https://app.example.com');
    expect(readConfig(PRODUCTION).publicUrl).toBeNull();
  });

  it.each([
    { SMTP_URL: 'mail.example.com' },
    { SMTP_URL: 'http://hunter2@mail.example.com' },
    { MAIL_FROM: 'AgentForge' },
    { MAIL_FROM: 'A <a@b.c>\r\nBcc: x@y.z' },
    { PUBLIC_URL: 'app.example.com' },
  ])('reject %j', (env) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(/ must be /)]);
    expect(problemsOf(env).join()).not.toContain('hunter2');
  });
});

describe('the default provider', () => {
  it('is DEFAULT_LLM_PROVIDER, in upper or lower case', () => {
    expect(
      readConfig({ DEFAULT_LLM_PROVIDER: 'google', GOOGLE_API_KEY: 'k', OPENAI_API_KEY: 'k' })
        .defaultProvider,
    ).toBe('GOOGLE');
  });

  it('defaults to the first of Anthropic, OpenAI and Google that has a key', () => {
    expect(readConfig({ GOOGLE_API_KEY: 'k', OPENAI_API_KEY: 'k' }).defaultProvider).toBe('OPENAI');
    expect(readConfig({ GOOGLE_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' }).defaultProvider).toBe('ANTHROPIC');
  });

  it('is the first one that has DEFAULT_LLM_MODEL', () => {
    const own = [
      {
        name: 'ollama',
        baseUrl: 'http://localhost:11434/v1',
        models: [{ name: 'x', inputUsdPerMTok: '0', outputUsdPerMTok: '0' }],
      },
    ];
    const env = {
      ANTHROPIC_API_KEY: 'k',
      OPENAI_API_KEY: 'k',
      OPENAI_COMPATIBLE_SERVERS: JSON.stringify(own),
    };
    const providerOf = (model: string, more = {}) =>
      readConfig({ ...env, DEFAULT_LLM_MODEL: model, ...more }).defaultProvider;
    expect(providerOf('ollama/x')).toBe('OPENAI_COMPATIBLE');
    expect(providerOf('gpt-5-mini')).toBe('OPENAI');
    expect(providerOf('offline-fast')).toBe('OFFLINE');
    expect(providerOf('offline-fast', PRODUCTION)).toBe('ANTHROPIC'); // which does not have it: the start says so
    expect(providerOf('gemini-2.5-flash')).toBe('GOOGLE'); // which has no key: the start says so
    expect(providerOf('ollama/x', { DEFAULT_LLM_PROVIDER: 'OPENAI' })).toBe('OPENAI');
  });

  it('must have a key', () => {
    expect(problemsOf({ DEFAULT_LLM_PROVIDER: 'openai' })).toEqual([
      expect.stringMatching(/^OPENAI_API_KEY must be set/),
    ]);
  });

  it('is OFFLINE in production only when it is set explicitly', () => {
    const production = { ...PRODUCTION, OPENAI_API_KEY: '' };
    expect(problemsOf(production)).toEqual([
      expect.stringMatching(/ANTHROPIC_API_KEY, OPENAI_API_KEY, GOOGLE_API_KEY, OPENAI_COMPATIBLE_SERVERS:/),
    ]);
    expect(readConfig({ ...production, DEFAULT_LLM_PROVIDER: 'OFFLINE' }).defaultProvider).toBe('OFFLINE');
  });
});

describe('the keys of providers', () => {
  it.each(KEYED_PROVIDER_NAMES)('reads the key and the base URL of %s', (name) => {
    const at = (url: string) => ({ [`${name}_API_KEY`]: 'sk-x', [`${name}_BASE_URL`]: url });
    expect(readConfig(at('https://gateway.example/v1/acme/')).providers[name]).toEqual({
      apiKey: 'sk-x',
      baseUrl: 'https://gateway.example/v1/acme',
    });
    expect(problemsOf(at('gateway'))).toEqual([
      `${name}_BASE_URL must be a URL such as ${KEYED_PROVIDERS[name].baseUrl}`,
    ]);
    const problems = problemsOf(at('https://user:hunter2@gateway.example'));
    expect(problems).toEqual([expect.stringMatching(/^\w+_BASE_URL must not contain a user or a password/)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    ['OPENAI', '/v1/chat/completions', '/chat/completions'],
    ['OPENAI', '/v1/responses/', '/responses'],
    ['OPENAI', '/api/completions', '/completions'],
    ['OPENAI', '/v1', null],
    ['ANTHROPIC', '/v1', '/v1'],
    ['ANTHROPIC', '/v1/messages', '/v1/messages'],
    ['ANTHROPIC', '/messages', '/messages'],
    ['ANTHROPIC', '/v1/gateway/anthropic', null],
    ['GOOGLE', '/v1beta/', '/v1beta'],
    ['GOOGLE', '/v1beta/openai', '/v1beta/openai'],
    ['GOOGLE', '/v1/models', '/v1/models'],
    ['GOOGLE', '/v1beta/proxy', null],
  ])('take as the base URL of %s one that ends in %s only without %s', (name, path, end) => {
    const env = { [`${name}_API_KEY`]: 'k', [`${name}_BASE_URL`]: `https://messages.example${path}` };
    const problem = `${name}_BASE_URL must end before ${end}, which is added to it`;
    expect(problemsOf(env)).toEqual(end === null ? [] : [problem]);
  });

  it('are needed where a base URL is set', () => {
    const url = { OPENAI_BASE_URL: 'https://gateway.example/v1' };
    expect(problemsOf({ ...url, ANTHROPIC_API_KEY: 'k' })).toEqual([
      'OPENAI_API_KEY must be set, because OPENAI_BASE_URL is. A server without a key goes into OPENAI_COMPATIBLE_SERVERS',
    ]);
    expect(problemsOf({ ...url, DEFAULT_LLM_PROVIDER: 'openai' })).toEqual([
      'OPENAI_API_KEY must be set, because DEFAULT_LLM_PROVIDER is OPENAI',
    ]);
  });
});

describe('LLM_PRICES_FILE', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prices-'));
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const MODEL = { provider: 'OPENAI', model: 'gpt-4o', inputUsdPerMTok: '2', outputUsdPerMTok: 8 };

  it('gives models the operator’s prices, with the day of the file', () => {
    const longPrompts = [{ aboveInputTokens: 100_000, inputUsdPerMTok: '4', outputUsdPerMTok: '16' }];
    const free = {
      ...MODEL,
      model: 'free',
      inputUsdPerMTok: '0',
      outputUsdPerMTok: '0',
      contextTokens: 9,
      thinkingTokens: 5,
    };
    const file = written(pricesOf(MODEL, { ...free, cachedInputUsdPerMTok: '0', longPrompts }));
    expect(readConfig({ LLM_PRICES_FILE: file }).prices).toEqual([
      { ...MODEL, outputUsdPerMTok: '8', contextTokens: null, version: 'operator 2026-11-01' },
      { ...free, cachedInputUsdPerMTok: '0', longPrompts, version: 'operator 2026-11-01' },
    ]);
    expect(readConfig({}).prices).toEqual([]);
  });

  it.each([
    ['that is not there', null, 'names a file that cannot be read (ENOENT)'],
    ['that is no JSON', '{', 'names a file that is not JSON'],
    ['without a day', { models: [] }, 'asOf must be the day of the prices'],
    ['with an odd day', { asOf: '2026-13-01', models: [] }, 'asOf must be the day of the prices'],
    ['without models', { asOf: '2026-11-01' }, 'models must be a list of models'],
    ['with an unknown field', { ...pricesOf(), prices: [] }, 'has unknown fields: prices'],
    [
      'with an unknown provider',
      pricesOf({ ...MODEL, provider: 'ACME' }),
      'models.0.provider must be one of',
    ],
    ['with a model twice', pricesOf(MODEL, MODEL), 'models has a model twice'],
    [
      'with a price that is none',
      pricesOf(MODEL, { ...MODEL, model: 'b', outputUsdPerMTok: '-1' }),
      'models.1.outputUsdPerMTok must be the price in US dollars per million tokens',
    ],
    [
      'with lengths in disorder',
      pricesOf({ ...MODEL, longPrompts: [tier(2), tier(1)] }),
      'models.0.longPrompts must have the entries with fewer aboveInputTokens first',
    ],
  ])('is refused when it names a file %s', (_what, content, message) => {
    const file = content === null ? path.join(folder, 'missing.json') : written(content);
    const [problem, ...more] = problemsOf({ LLM_PRICES_FILE: file });
    expect(more).toEqual([]);
    expect(problem!.slice('LLM_PRICES_FILE.'.length)).toContain(message);
  });

  function pricesOf(...models: object[]): object {
    return { asOf: '2026-11-01', models };
  }

  function tier(aboveInputTokens: number): object {
    return { aboveInputTokens, inputUsdPerMTok: '1', outputUsdPerMTok: '1' };
  }

  function written(content: object | string): string {
    const file = path.join(folder, `${randomUUID()}.json`);
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }
});

describe('OPENAI_COMPATIBLE_SERVERS', () => {
  const MODEL = { name: 'llama3.2:3b', inputUsdPerMTok: '0', outputUsdPerMTok: 0.15 };
  const SERVER = { name: 'ollama', baseUrl: 'http://localhost:11434/v1/', models: [MODEL] };
  const servers = (...list: unknown[]) => ({ OPENAI_COMPATIBLE_SERVERS: JSON.stringify(list) });

  it('lists servers with their models and prices', () => {
    const gateway = {
      name: 'gateway',
      baseUrl: 'https://gateway.example/api/v1',
      apiKey: 'sk-x',
      models: [
        { ...MODEL, name: 'acme/large', contextTokens: 8_192, maxOutputTokens: 1_024, thinkingTokens: 512 },
      ],
    };
    const model = { ...MODEL, outputUsdPerMTok: '0.15' };
    expect(readConfig(servers(SERVER, gateway)).compatibleServers).toEqual([
      {
        name: 'ollama',
        baseUrl: 'http://localhost:11434/v1',
        apiKey: null,
        models: [{ ...model, contextTokens: null, maxOutputTokens: null, thinkingTokens: null }],
      },
      { ...gateway, models: [{ ...gateway.models[0], outputUsdPerMTok: '0.15' }] },
    ]);
    expect(readConfig({}).compatibleServers).toEqual([]);
  });

  it('are the default without a key, and can be chosen as the default', () => {
    expect(readConfig(servers(SERVER)).defaultProvider).toBe('OPENAI_COMPATIBLE');
    expect(readConfig({ ...servers(SERVER), OPENAI_API_KEY: 'k' }).defaultProvider).toBe('OPENAI');
    const chosen = { DEFAULT_LLM_PROVIDER: 'openai_compatible' };
    expect(readConfig({ ...servers(SERVER), ...chosen, OPENAI_API_KEY: 'k' }).defaultProvider).toBe(
      'OPENAI_COMPATIBLE',
    );
    expect(problemsOf(chosen)).toEqual([expect.stringMatching(/^OPENAI_COMPATIBLE_SERVERS must be set/)]);
    expect(problemsOf({ ...PRODUCTION, OPENAI_API_KEY: '', ...servers(SERVER) })).toEqual([]);
  });

  it.each([
    ['no JSON', 'ollama', /^OPENAI_COMPATIBLE_SERVERS must be a JSON array$/],
    ['no array', '{}', /^OPENAI_COMPATIBLE_SERVERS must be a JSON array$/],
    ['an empty array', '[]', /^OPENAI_COMPATIBLE_SERVERS must have 1 to 20 servers$/],
    ['a server twice', JSON.stringify([SERVER, SERVER]), /^OPENAI_COMPATIBLE_SERVERS has a name twice$/],
  ])('is refused when it is %s', (_what, OPENAI_COMPATIBLE_SERVERS, message) => {
    expect(problemsOf({ OPENAI_COMPATIBLE_SERVERS })).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    [
      'a model without a price',
      { models: [{ name: 'm', inputUsdPerMTok: '1' }] },
      'models.0.outputUsdPerMTok must be the price in US dollars per million tokens, such as "0.25"; "0" for a model that costs nothing',
    ],
    [
      'a price below 0',
      { models: [{ ...MODEL, inputUsdPerMTok: '-1' }] },
      'models.0.inputUsdPerMTok must be the price',
    ],
    [
      'a price with an exponent',
      { models: [{ ...MODEL, inputUsdPerMTok: 1e-9 }] },
      'models.0.inputUsdPerMTok must be the price',
    ],
    [
      'a price with a currency',
      { models: [{ ...MODEL, inputUsdPerMTok: '$1' }] },
      'models.0.inputUsdPerMTok must be the price',
    ],
    ['a name with a slash', { name: 'a/b' }, 'name must consist of'],
    ['a name with spaces', { models: [MODEL, { ...MODEL, name: 'a b' }] }, 'models.1.name must consist of'],
    ['a model twice', { models: [MODEL, MODEL] }, 'models has a name twice'],
    ['no models', { models: [] }, 'models must not be empty'],
    [
      'a count that is none',
      { models: [{ ...MODEL, contextTokens: 0.5 }] },
      'models.0.contextTokens must be a whole number',
    ],
    [
      'more thinking than the model can write',
      { models: [{ ...MODEL, maxOutputTokens: 500, thinkingTokens: 500 }] },
      'models.0.thinkingTokens must be less than maxOutputTokens',
    ],
    ['an unknown field', { url: 'x' }, 'has unknown fields: url'],
    ['no URL', { baseUrl: undefined }, 'baseUrl must be a URL such as https://host/v1'],
    [
      'the path of a request in the URL',
      { baseUrl: 'http://host/v1/chat/completions/' },
      'baseUrl must end before /chat/completions, which is added to it',
    ],
    ['another protocol', { baseUrl: 'ftp://host' }, 'baseUrl must be a URL such as https://host/v1'],
    ['a password in the URL', { baseUrl: 'http://u:hunter2@host/v1' }, 'baseUrl must not contain a user'],
    ['a query', { baseUrl: 'http://host/v1?key=hunter2' }, 'baseUrl must not contain a query'],
    ['a key on two lines', { apiKey: 'hunter2\nx' }, 'apiKey must consist of visible ASCII characters'],
  ])('names the entry with %s, and not its value', (_what, change, message) => {
    const problems = problemsOf(servers(SERVER, { ...SERVER, name: 'second', ...change }));
    const place = message.startsWith('has') ? ' ' : '.';
    expect(problems).toEqual([expect.stringContaining(`OPENAI_COMPATIBLE_SERVERS.1${place}${message}`)]);
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe.each(['OPENAI_COMPATIBLE_SERVERS', 'JWT_ISSUERS'])('an entry of %s', (setting) => {
  it('without its fields is told what each of them must be', () => {
    const problems = [{}, { base_url: 'x' }, { models: [{}] }, { jwksUrl: 1 }].flatMap((entry) =>
      problemsOf({ [setting]: JSON.stringify([entry]) }),
    );
    expect(problems.length).toBeGreaterThan(8);
    for (const problem of problems) expect(problem).toMatch(/ must |has unknown fields: /);
  });
});

describe('.env.example', () => {
  const text = fs.readFileSync('.env.example', 'utf8');

  it('lists every setting', () => {
    const listed = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]!);
    expect(listed.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it('shows the defaults', () => {
    expect(readConfig(parseEnv(text) as NodeJS.ProcessEnv)).toEqual(readConfig({}));
  });
});

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
