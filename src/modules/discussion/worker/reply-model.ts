import type { ModelRequest, ModelTask } from '../../../core/llm/language-model.ts';
import {
  collect,
  type Completion,
  completeStructured,
} from '../../../core/llm/structured/complete-structured.ts';
import { RouteTrial } from '../../../core/llm/route-trial.ts';
import type { Services } from '../../../kernel/context.ts';
import { retryModelCall } from '../../../kernel/work/retry-policy.ts';
import type { Payer } from '../../usage/budget.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import type { Prompt, StructuredModel } from '../engine/structured-model.ts';

/** The model calls of one reply. Each is charged to the conversation's owner and stops when `signal` aborts. */
export class ReplyModel implements StructuredModel {
  /** All calls of a reply stay with the route that has answered. */
  readonly trial = new RouteTrial();
  readonly #services: Services;
  readonly #payer: Payer;
  readonly #signal: AbortSignal;
  readonly #onTask: (task: ModelTask) => void;

  /** `onTask` is called with each task before its first call. */
  constructor(
    services: Services,
    payer: Payer,
    { signal, onTask }: { signal: AbortSignal; onTask: (task: ModelTask) => void },
  ) {
    this.#services = services;
    this.#payer = payer;
    this.#signal = signal;
    this.#onTask = onTask;
  }

  /** Opens a call whose text is streamed into the log, as that of the attempt. The caller settles it. */
  open(task: ModelTask, prompt: Prompt, attempt: number): Promise<MeteredCall> {
    this.#onTask(task);
    return this.#open(this.#request(task, prompt), attempt);
  }

  /** Generates a structured answer. Reserves and charges each call separately, and retries it by the retry policy. */
  generate: StructuredModel['generate'] = (task, prompt, schema) => {
    this.#onTask(task);
    return completeStructured({
      request: this.#request(task, prompt),
      schema,
      complete: (request) => retryModelCall(() => this.#complete(request), this.#signal, this.trial),
    });
  };

  async #complete(request: Omit<ModelRequest, 'model'>): Promise<Completion> {
    const call = await this.#open(request);
    try {
      return await collect(call.parts);
    } finally {
      await call.charge();
    }
  }

  async #open(request: Omit<ModelRequest, 'model'>, attempt?: number): Promise<MeteredCall> {
    const route = this.trial.next(await this.#services.router.resolve({}, this.#payer));
    const routed = { ...request, model: route.model };
    const call = { payer: this.#payer, route, request: routed, signal: this.#signal, attempt };
    return openMeteredCall(this.#services, call);
  }

  #request(task: ModelTask, { user, ...prompt }: Prompt): Omit<ModelRequest, 'model'> {
    return { ...prompt, messages: [{ role: 'user', content: user }], task };
  }
}
