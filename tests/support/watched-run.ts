import { expect } from 'vitest';
import type { Account, TestApp } from './app.ts';
import { Reader, type StreamEvent, textsIn } from './readers.ts';
import { readLog, readRun, type Run, startRun } from './runs.ts';

/** A run with a reader of its tokens and a reader of its progress, both from the start. */
export class WatchedRun {
  readonly id: string;
  readonly tokens: Reader;
  readonly progress: Reader;
  readonly #app: TestApp;
  readonly #account: Account;

  static async start(
    app: TestApp,
    account: Account,
    steps: Parameters<typeof startRun>[2],
  ): Promise<WatchedRun> {
    return new WatchedRun(app, account, await startRun(app, account, steps));
  }

  constructor(app: TestApp, account: Account, id: string) {
    const common = { app, account, id, after: 0 };
    this.id = id;
    this.tokens = new Reader({ ...common, field: 'agentTokens', transport: 'WebSocket' });
    this.progress = new Reader({ ...common, field: 'pipelineProgress', transport: 'SSE' });
    this.#app = app;
    this.#account = account;
  }

  /** Reads until each of the steps has written something. */
  async readToTheMiddleOf(...stepKeys: string[]): Promise<void> {
    for (const key of stepKeys) {
      const hasText = ({ stepKey, text }: StreamEvent) => stepKey === key && text !== undefined;
      if (!this.tokens.events.some(hasText)) await this.tokens.readUntil(hasText);
    }
  }

  async readToTheEnd(): Promise<void> {
    await Promise.all([this.tokens, this.progress].map((reader) => reader.readUntil(() => false)));
  }

  /**
   * Checks that each event of the log arrived once, that the last one is the end, that the texts are the outputs, and
   * that all attempts but the last of each succeeded step were discarded exactly once.
   */
  async expectReadWhole(): Promise<Run> {
    const run = await readRun(this.#app, this.#account, this.id);
    const log = await readLog(this.#app, this.#account, this.id);
    const seqs = log.map((_, index) => index + 1);
    expect(log.map(({ seq }) => seq)).toEqual(seqs);
    expect(log.filter(({ __typename }) => __typename === 'ExecutionEndedEvent')).toEqual([log.at(-1)]);
    const read = [...this.tokens.seqs, ...this.progress.seqs].sort((a, b) => a - b);
    expect(read).toEqual([...seqs, log.length]); // both streams end with the ended event
    const outputs = run.steps.map(({ key, output }) => [key, output]);
    expect(textsIn(this.tokens.events)).toEqual(Object.fromEntries(outputs));
    for (const { key, attempts } of run.steps.filter(({ status }) => status === 'SUCCEEDED'))
      expect(this.#discardedAttempts(key)).toEqual(
        Array.from({ length: attempts - 1 }, (_, index) => index + 1),
      );
    return run;
  }

  #discardedAttempts(key: string): (number | undefined)[] {
    const discarded = this.tokens.events.filter((event) => event.__typename === 'AttemptDiscardedEvent');
    return discarded.filter(({ stepKey }) => stepKey === key).map(({ attempt }) => attempt);
  }
}
