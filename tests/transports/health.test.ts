import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { testApp } from '../support/app.ts';

describe('/health', () => {
  const app = testApp({ config: { role: 'api' } });

  it('says without any sign-in that the process answers, and which one it is', async () => {
    const response = await fetch(app.url('/health'));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      environment: 'test',
      version: packageJson.version,
    });
  });
});

describe('/ready', () => {
  const app = testApp({ config: { role: 'api' } });

  it('says which of the things behind it answer', async () => {
    const response = await fetch(app.url('/ready'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ready', database: 'up' });
  });
});
