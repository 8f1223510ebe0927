import type {
  AgentTokensSubscription,
  PipelineProgressSubscription,
  StepStatus,
} from '../tools/product/documents/graphql.ts';

/** What the two streams of a run have brought so far, over however many connections. */
export class RunRecord {
  /** The seqs as they came. */
  readonly received: Record<Stream, number[]> = { agentTokens: [], pipelineProgress: [] };
  readonly steps: ReadonlyMap<string, StepRecord>;
  progress = 0;
  hasEnded = false;
  /** The step whose text came last. */
  writing: StepRecord | null = null;

  constructor(steps: readonly { key: string; title: string }[]) {
    this.steps = new Map(
      steps.map(({ key, title }) => [
        key,
        { key, title, status: 'PENDING', cost: '0', attempt: 0, text: '', pieces: 0 },
      ]),
    );
  }

  /** The cursor of a stream: 0 asks for it from its start. */
  after(stream: Stream): number {
    return this.received[stream].at(-1) ?? 0;
  }

  addToken(event: TokenEvent): void {
    this.received.agentTokens.push(event.seq);
    if (event.__typename === 'AgentTokenEvent') {
      const step = this.step(event.stepKey);
      if (event.attempt > step.attempt) Object.assign(step, { attempt: event.attempt, text: '', pieces: 0 });
      step.text += event.text;
      step.pieces += 1;
      this.writing = step;
    }
    if (event.__typename === 'AttemptDiscardedEvent') {
      Object.assign(this.step(event.stepKey), { attempt: event.attempt, text: '', pieces: 0 });
    }
  }

  addProgress(event: ProgressEvent): void {
    this.received.pipelineProgress.push(event.seq);
    if (event.__typename === 'StepStatusEvent') {
      Object.assign(this.step(event.stepKey), { status: event.stepStatus, cost: event.cost });
    }
    if ('progress' in event) this.progress = event.progress;
    if (event.__typename === 'ExecutionEndedEvent') this.hasEnded = true;
  }

  step(key: string): StepRecord {
    const step = this.steps.get(key);
    if (!step) throw new Error(`The run has no step ${key}.`);
    return step;
  }
}

export type Stream = 'agentTokens' | 'pipelineProgress';
export type TokenEvent = AgentTokensSubscription['agentTokens'];
export type ProgressEvent = PipelineProgressSubscription['pipelineProgress'];

export interface StepRecord {
  key: string;
  title: string;
  status: StepStatus;
  cost: string;
  attempt: number;
  text: string;
  pieces: number;
}
