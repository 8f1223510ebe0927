import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/infra/logger.ts';
import { Mailer } from '../../src/infra/mailer.ts';
import { eventually } from '../support/eventually.ts';
import { mailServer } from '../support/mail-server.ts';

describe('Mailer', () => {
  const server = mailServer();
  const logs: string[] = [];
  const open: Mailer[] = [];
  const mailer = (url = server.url, retryDelaysMs = [1, 1]) => {
    const logger = createLogger('info', { write: (line) => void logs.push(line) });
    const made = new Mailer({
      url,
      from: 'AgentForge <no-reply@example.com>',
      logger,
      retryDelaysMs,
    });
    open.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    logs.length = 0;
  });
  const mail = (to: string) => ({ to, subject: 'Hello', text: 'https://app.example.com/#token=canary\n' });

  it('sends a mail', async () => {
    mailer().send(mail('ann@example.com'));
    const [received] = await server.to('ann@example.com');
    expect(received).toMatchObject({ subject: 'Hello', secret: 'canary' });
    expect(logs).toEqual([]);
  });

  it('tries again when the server cannot take it now', async () => {
    server.failures.push({ responseCode: 451 }, { responseCode: 451 });
    mailer().send(mail('bob@example.com'));
    await server.to('bob@example.com');
    expect(logs).toHaveLength(2);
    expect(logs[0]).toContain('will retry');
  });

  it('sends other mails while some wait for a retry, and logs how many were lost when it closes', async () => {
    const later = mailer(server.url, [600_000]);
    const count = 10; // more than are sent at the same time
    server.failures.push(...Array<{ responseCode: number }>(count).fill({ responseCode: 451 }));
    for (let n = 0; n < count; n++) later.send(mail(`grey${n}@example.com`));
    await eventually(() => logs.length === count);
    later.send(mail('fay@example.com'));
    await server.to('fay@example.com');
    await later.close();
    expect(JSON.parse(logs.at(-1)!)).toMatchObject({ level: 50, mails: count, msg: 'mails were not sent' });
  });

  it('gives up when the server refuses it, and logs neither address nor text', async () => {
    server.failures.push({ responseCode: 550 });
    mailer().send(mail('cid@example.com'));
    await eventually(() => logs.length === 1);
    expect(JSON.parse(logs[0]!)).toMatchObject({ level: 50, reason: 'EENVELOPE', responseCode: 550 });
    expect(logs[0]).not.toMatch(/cid@|canary/);
    expect(server.received.filter(({ to }) => to.startsWith('cid'))).toEqual([]);
  });

  it('gives up after the last retry when there is no server', async () => {
    mailer('smtp://127.0.0.1:1').send(mail('dan@example.com'));
    await eventually(() => logs.some((line) => line.includes('"level":50')));
    expect(logs.at(-1)).toContain('ECONNREFUSED');
    expect(logs.join()).not.toMatch(/dan@|canary/);
  });

  it('ends a send in progress when it closes', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const slow = mailer(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    slow.send(mail('eve@example.com'));
    await eventually(() => sockets.length === 1);
    await slow.close();
    await eventually(() => sockets[0]!.destroyed || sockets[0]!.readableEnded);
    sockets[0]!.destroy();
    await new Promise((resolve) => silent.close(resolve));
    expect(logs.join()).toContain('EABORT');
  });
});
