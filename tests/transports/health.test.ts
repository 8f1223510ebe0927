import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { testApp } from '../support/app.ts';

describe('/health', () => {
  const app = testApp({ config: { role: 'api' } });

  it('reports without authentication that the process is alive, with its version', async () => {
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

  it('reports which dependencies are available', async () => {
    const response = await fetch(app.url('/ready'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ready', database: 'up' });
  });
});
