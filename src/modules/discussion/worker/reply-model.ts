import type { ModelRequest, ModelTask } from '../../../core/llm/language-model.ts';
import {
  collect,
  type Completion,
  completeStructured,
} from '../../../core/llm/structured/complete-structured.ts';
import type { Services } from '../../../kernel/context.ts';
import { retryModelCall } from '../../../kernel/work/retry-policy.ts';
import type { Payer } from '../../usage/budget.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import type { Prompt, StructuredModel } from '../engine/structured-model.ts';

/** The model calls of one reply. Each is charged to the conversation's owner and stops when `signal` aborts. */
export class ReplyModel implements StructuredModel {
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
      complete: (request) => retryModelCall(() => this.#complete(request), this.#signal),
    });
  };

  async #complete(request: ModelRequest): Promise<Completion> {
    const call = await this.#open(request);
    try {
      return await collect(call.parts);
    } finally {
      await call.charge();
    }
  }

  #open(request: ModelRequest, attempt?: number): Promise<MeteredCall> {
    const route = this.#services.router.route();
    const call = { payer: this.#payer, route, request, signal: this.#signal, attempt };
    return openMeteredCall(this.#services, call);
  }

  #request(task: ModelTask, { user, ...prompt }: Prompt): ModelRequest {
    const { model } = this.#services.catalog.find();
    return { model, ...prompt, messages: [{ role: 'user', content: user }], task };
  }
}
