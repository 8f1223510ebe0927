import type { ModelRequest, ModelTask } from '../../../core/llm/language-model.ts';
import { collect, type Completion, completeStructured } from '../../../core/llm/structured.ts';
import type { Services } from '../../../kernel/context.ts';
import { retryModelCall } from '../../../kernel/work/retry-policy.ts';
import type { Payer } from '../../usage/budget.ts';
import { type MeteredCall, openMeteredCall } from '../../usage/metered-call.ts';
import type { Prompt, StructuredModel } from '../engine/structured-model.ts';

/** The model as one reply uses it: every call is paid by the conversation's owner and stopped by `signal`. */
export class ReplyModel implements StructuredModel {
  readonly #services: Services;
  readonly #payer: Payer;
  readonly #signal: AbortSignal;
  readonly #onTask: (task: ModelTask) => void;

  /** `onTask` is told of each task before its first call. */
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

  /** A call whose text is streamed; whoever opens it settles it. */
  open(task: ModelTask, prompt: Prompt): Promise<MeteredCall> {
    this.#onTask(task);
    return this.#open(this.#request(task, prompt));
  }

  /** Reserved before and charged at once after, call by call; each call is retried by the policy. */
  generate: StructuredModel['generate'] = (task, prompt, schema) => {
    this.#onTask(task);
    return completeStructured({
      request: { ...this.#request(task, prompt), json: true },
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

  #open(request: ModelRequest): Promise<MeteredCall> {
    const route = this.#services.router.route();
    return openMeteredCall(this.#services, { payer: this.#payer, route, request, signal: this.#signal });
  }

  #request(task: ModelTask, { system, user, maxOutputTokens }: Prompt): ModelRequest {
    const { model } = this.#services.catalog.find();
    return { model, system, messages: [{ role: 'user', content: user }], maxOutputTokens, task };
  }
}
