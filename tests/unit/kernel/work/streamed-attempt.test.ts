import { describe, expect, it } from 'vitest';
import { FencedError } from '../../../../src/core/event-log/event-log.ts';
import { ModelError, type ModelStreamPart } from '../../../../src/core/llm/language-model.ts';
import { AppError } from '../../../../src/errors.ts';
import { RouteTrial } from '../../../../src/core/llm/route-trial.ts';
import { createLogger } from '../../../../src/infra/logger.ts';
import { runAttempts, type StreamedWork } from '../../../../src/kernel/work/streamed-attempt.ts';

const limited = () => new ModelError('RATE_LIMITED', 'Slow down.', { retryAfterMs: 0 });
const outage = () => new AppError('SERVICE_UNAVAILABLE', 'The database is away.');

describe('runAttempts', () => {
  it('streams the text into the log and finishes', async () => {
    const work = scripted([['Hello, ', 'world.']]);
    expect(await run(work)).toBe('FINISHED');
    expect(work.log).toEqual(['start 1', 'append 0 Hello, ', 'append 7 world.', 'finish Hello, world.']);
  });

  it('discards a failed attempt and retries', async () => {
    const work = scripted([['half', limited()], ['whole']]);
    expect(await run(work)).toBe('FINISHED');
    expect(work.log).toEqual([
      'start 1',
      'append 0 half',
      'discard 1: The provider failed (1 attempt): Slow down. Retrying.',
      'start 2',
      'append 0 whole',
      'finish whole',
    ]);
  });

  it('fails after the third attempt', async () => {
    const work = scripted([[limited()], [limited()], [limited()]]);
    expect(await run(work)).toBe('FAILED');
    expect(work.log.slice(-2)).toEqual([
      'discard 3: The provider failed (3 attempts): Slow down. Send the message again later; if it fails again, tell the operator.',
      'fail PROVIDER_ERROR The provider failed (3 attempts): Slow down. Send the message again later; if it fails again, tell the operator.',
    ]);
  });

  it('leaves the work to the next claim when the database stays unavailable', async () => {
    const work = scripted([[outage()], [outage()], [outage()]]);
    await expect(run(work)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(work.log.filter((line) => line.startsWith('fail'))).toEqual([]);
  });

  it('ends when the attempt had already finished', async () => {
    const work = scripted([['text', outage()]], { hasFinished: true });
    expect(await run(work)).toBe('ENDED');
    expect(work.log.filter((line) => line.startsWith('start'))).toEqual(['start 1']);
  });

  it('starts no attempt when the work has already ended', async () => {
    expect(await run(scripted([]))).toBe('ENDED');
  });

  it('stops without discarding or failing when the signal aborts', async () => {
    const stop = new AbortController();
    const work = scripted([['half', () => stop.abort(), limited()]]);
    expect(await run(work, stop.signal)).toBe('STOPPED');
    expect(work.log).toEqual(['start 1', 'append 0 half', 'stop 1']);
  });

  it('stops when another worker has taken over the claim', async () => {
    const work = scripted([['half', new FencedError('log')]]);
    expect(await run(work)).toBe('STOPPED');
    expect(work.log.at(-1)).toBe('stop 1');
  });

  it('stops when the signal aborts during the delay before the next attempt', async () => {
    const stop = new AbortController();
    const later = new ModelError('RATE_LIMITED', 'Slow down.', { retryAfterMs: 60_000 });
    const work = scripted([[later], ['never']]);
    const outcome = run(work, stop.signal);
    setTimeout(() => stop.abort(), 20);
    expect(await outcome).toBe('STOPPED');
  });
});

function run(work: StreamedWork, signal = new AbortController().signal) {
  return runAttempts(work, { signal, logger: createLogger('silent') });
}

/** Each attempt streams its texts, and throws its error or calls its function at that position. */
function scripted(attempts: Line[][], { hasFinished = false } = {}): StreamedWork & { log: string[] } {
  const log: string[] = [];
  let started = 0;
  return {
    log,
    ids: {},
    trial: new RouteTrial(),
    stepKey: null,
    async start() {
      const lines = attempts[started];
      if (!lines) return null;
      const number = ++started;
      log.push(`start ${number}`);
      return {
        open: async () => say(lines),
        append: async ({ offset, text }) => void log.push(`append ${offset} ${text}`),
        finish: async ({ text }) => void log.push(`finish ${text}`),
        discard: async (reason) => (log.push(`discard ${number}: ${reason}`), !hasFinished),
        stop: async () => void log.push(`stop ${number}`),
      };
    },
    fail: async ({ code, message }) => void log.push(`fail ${code} ${message}`),
  };
}

async function* say(lines: Line[]): AsyncGenerator<ModelStreamPart> {
  for (const line of lines) {
    if (line instanceof Error) throw line;
    if (typeof line === 'function') line();
    else yield { type: 'text', text: line };
  }
  yield { type: 'end', reason: 'stop' };
}

type Line = string | Error | (() => void);
