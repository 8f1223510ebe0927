import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../../src/config/config.ts';
import { describeConfig } from '../../../src/config/describe.ts';
import { ConfigError } from '../../../src/errors.ts';

describe('describeConfig', () => {
  it('shows every setting with its value or its default', () => {
    const lines = describeConfig({ PORT: '8080', CORS_ORIGINS: 'https://a.example, https://b.example' });
    expect(lines.map((line) => line.split(' = ')[0])).toEqual(SETTING_NAMES);
    expect(lines).toEqual(
      expect.arrayContaining([
        'PORT = 8080',
        'CORS_ORIGINS = https://a.example, https://b.example',
        'HOST = 127.0.0.1 (default)',
        'LOG_LEVEL = info (default)',
        'DEFAULT_PLAN = PRO (default)',
        'REGISTRATION = open (default)',
        'PUBLIC_URL = http://localhost:3000 (default)',
        'JWT_ACCESS_TOKEN_EXPIRE_MINUTES = 30 (default)',
        'REDIS_URL = not set',
        'OPENAI_COMPATIBLE_SERVERS = none (default)',
        'SECRET_KEY = not set',
      ]),
    );
  });

  it('shows no secret', () => {
    const canary = 'hunter2hunter2canaryhunter2canary99';
    const text = describeConfig({
      SECRET_KEY: canary,
      JWT_SECRET_KEY: canary,
      OPENAI_API_KEY: canary,
      ADMIN_EMAIL: 'ops@company.example',
      ADMIN_PASSWORD: canary,
      DATABASE_URL: `postgresql://user:${canary}@db:5432/agentforge`,
      REDIS_URL: `redis://:${canary}@redis:6379/0?password=${canary}`,
      JWT_ISSUERS: JSON.stringify([
        { name: 'hmac', algorithms: ['HS256'], secret: canary },
        {
          name: 'keys',
          issuer: 'x',
          algorithms: ['ES256'],
          jwksUrl: `https://u:${canary}@login.example/jwks`,
        },
      ]),
      OPENAI_COMPATIBLE_SERVERS: JSON.stringify([
        {
          name: 'gateway',
          baseUrl: 'https://gateway.example/v1',
          apiKey: canary,
          models: [{ name: 'acme/large', inputUsdPerMTok: '1', outputUsdPerMTok: '2' }],
        },
      ]),
    }).join('\n');
    expect(text).not.toContain('canary');
    expect(text).toContain('SECRET_KEY = set');
    expect(text).toContain('DATABASE_URL = postgresql://user:***@db:5432/agentforge');
    expect(text).toContain(
      'JWT_ISSUERS = hmac (iss absent, HS256, a secret); keys (iss x, ES256, https://u:***@login.example/jwks)',
    );
    expect(text).toContain(
      'OPENAI_COMPATIBLE_SERVERS = gateway (https://gateway.example/v1, a key: acme/large)',
    );
  });

  it('reports the problems of the settings instead', () => {
    expect(() => describeConfig({ PORT: 'x' })).toThrow(ConfigError);
  });
});
