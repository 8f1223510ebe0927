/**
 * One process of the trial: a run of steps in a row, as LangGraph's entrypoint and tasks. The step's row may be its
 * durable truth, LangGraph's Postgres saver, or both. Prints one line of JSON.
 *
 *   trial.ts measure <variant> <runs> <at once>     ms for each step of each run
 *   trial.ts die <variant> <run id>                 works on the run and is killed in the middle of it
 *   trial.ts wait <variant> <run id>                works on the run until it waits for a person, and ends
 *   trial.ts take-up <variant> <run id> <call>      goes on with the run by this call; says what came of it
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type BaseCheckpointSaver, Command, entrypoint, interrupt, task } from '@langchain/langgraph';
import pg from 'pg';
import { isVariant, type TakeUpCall, type TakeUpOutcome, type Variant } from './outcome.ts';
import { StepRows } from './step-rows.ts';

const STEPS = 20;
/** Random, since Postgres would compress anything else. */
const OUTPUT = randomBytes(6 * 1024).toString('base64');
/** The step in whose middle the process dies, and the one before which a person is asked. */
const DIES_IN = 'step08';
const WAITS_BEFORE = 'step10';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 20 });
const rows = new StepRows(pool);
const keys = Array.from({ length: STEPS }, (_, index) => `step${String(index + 1).padStart(2, '0')}`);

async function main([command, variant, ...args]: string[]): Promise<unknown> {
  if (!isVariant(variant)) throw new Error(`no variant ${variant}`);
  const trial = new Trial(variant, await createSaver(variant));
  const [id = '', call] = args;
  if (command === 'measure') return measure(trial, Number(args[0]), Number(args[1]));
  if (command === 'die') return trial.work(id, 'input', { dies: true });
  if (command === 'wait') return trial.work(id, 'input', { waits: true });
  if (command === 'take-up') return takeUp(trial, id, call as TakeUpCall);
  throw new Error(`no command ${command}`);
}

async function measure(trial: Trial, runs: number, atOnce: number): Promise<number[]> {
  const msPerStep: number[] = [];
  let started = 0;
  const lanes = Array.from({ length: atOnce }, async () => {
    while (started++ < runs) {
      const id = randomUUID();
      await rows.create(id, keys);
      const startedAt = performance.now();
      await trial.work(id, 'input');
      msPerStep.push((performance.now() - startedAt) / STEPS);
    }
  });
  await Promise.all(lanes);
  return msPerStep;
}

async function takeUp(trial: Trial, id: string, call: TakeUpCall): Promise<TakeUpOutcome> {
  try {
    const ended = await trial.work(id, call, { waits: id.startsWith('waiting') });
    return { result: ended ? 'ended' : 'did not end', executed: trial.executed };
  } catch (error) {
    return { result: (error as Error).name, executed: trial.executed };
  }
}

class Trial {
  executed = 0;
  readonly #variant: Variant;
  readonly #checkpointer: BaseCheckpointSaver | undefined;

  constructor(variant: Variant, checkpointer: BaseCheckpointSaver | undefined) {
    this.#variant = variant;
    this.#checkpointer = checkpointer;
  }

  /** Whether the run came to its end. */
  async work(id: string, call: TakeUpCall, how: { dies?: boolean; waits?: boolean } = {}): Promise<boolean> {
    const keepsRows = this.#variant !== 'saver';
    const fence = keepsRows ? await rows.claim(id) : 0;
    const stored = keepsRows ? await rows.read(id) : new Map<string, string>();
    const tasks = new Map(
      keys.map((key) => [
        key,
        task({ name: key }, async (_input: string) => {
          this.executed++;
          if (how.dies && key === DIES_IN) process.kill(process.pid, 'SIGKILL');
          if (keepsRows) await rows.finish(id, key, OUTPUT, fence);
          return OUTPUT;
        }),
      ]),
    );
    const graph = entrypoint({ name: 'run', checkpointer: this.#checkpointer }, async (_runId: string) => {
      let output = '';
      for (const key of keys) {
        if (how.waits && key === WAITS_BEFORE && !(await this.#isDecided(id))) return 'waiting';
        output = stored.get(key) ?? (await tasks.get(key)!(output));
      }
      return 'ended';
    });
    const input = call === 'input' ? id : call === 'null' ? null : new Command({ resume: 'approved' });
    const config = { configurable: { thread_id: id }, recursionLimit: 200, durability: 'sync' as const };
    return (await graph.invoke(input as string, config)) === 'ended';
  }

  /** With rows alone a decision is a row; a saver's pause is an interrupt, which ends the call. */
  async #isDecided(id: string): Promise<boolean> {
    if (this.#checkpointer) return interrupt('Go on?') === 'approved';
    return rows.isDecided(id);
  }
}

async function createSaver(variant: Variant): Promise<BaseCheckpointSaver | undefined> {
  if (variant === 'rows') return undefined;
  // Installed only for this trial: named such that the type check of the whole project does without.
  const name: string = '@langchain/langgraph-checkpoint-postgres';
  const { PostgresSaver } = (await import(name)) as { PostgresSaver: new (pool: pg.Pool) => PostgresSaver };
  const saver = new PostgresSaver(pool);
  await saver.setup();
  return saver;
}

interface PostgresSaver extends BaseCheckpointSaver {
  setup(): Promise<void>;
}

console.log(JSON.stringify(await main(process.argv.slice(2))));
await pool.end();
