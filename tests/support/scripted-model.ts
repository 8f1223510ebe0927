import type {
  EndReason,
  LanguageModel,
  ModelStreamPart,
  ModelRequest,
} from '../../src/core/llm/language-model.ts';
import type { KeyHolder } from '../../src/kernel/context.ts';
import { ModelRouter } from '../../src/core/llm/model-router.ts';

/**
 * A model whose answers the test defines, by the title of the step for agents, else by the name of the task. It counts
 * its calls and lets a test pause an answer after its first part.
 */
export class ScriptedModel implements LanguageModel {
  readonly calls: string[] = [];
  readonly requests: ModelRequest[] = [];
  /** Calls whose stream was closed before its end. */
  readonly aborted: string[] = [];
  readonly #answers = new Map<string, Answer[]>();
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  /** Sets the answers of the next calls of `name`. The last answer is repeated. */
  answer(name: string, ...answers: Answer[]): this {
    this.#answers.set(name, answers);
    return this;
  }

  /** Pauses the answers of `name` after their first part until the returned function is called. */
  hold(name: string): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return () => {
      this.#gates.delete(name);
      gate.resolve();
    };
  }

  timesCalled(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const { title } = request.task.metadata as { title?: string };
    const name = title ?? request.task.name;
    this.calls.push(name);
    this.requests.push(request);
    const answers = this.#answers.get(name) ?? [];
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? `${name} says hello to the world.`;
    let isWhole = false;
    try {
      yield* this.#play(name, answer, signal);
      isWhole = true;
    } finally {
      if (!isWhole && signal.aborted) this.aborted.push(name);
    }
  }

  async *#play(name: string, answer: Answer, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const { text, failure, end = 'stop' } = typeof answer === 'string' ? { text: answer } : answer;
    const words = text.match(/\S+\s*/g) ?? [];
    for (const [index, word] of words.entries()) {
      signal.throwIfAborted();
      yield { type: 'text', text: word };
      if (index === 0) await abortable(this.#gates.get(name)?.promise, signal);
    }
    signal.throwIfAborted();
    if (failure) throw failure;
    yield { type: 'usage', usage: { inputTokens: 100, outputTokens: words.length } };
    yield { type: 'end', reason: end };
  }
}

/** A router with only this model, as OFFLINE. */
export function routerOf(model: LanguageModel): ModelRouter<KeyHolder> {
  const clients = new Map([['OFFLINE' as const, model]]);
  return new ModelRouter({ clients, defaultProvider: 'OFFLINE', breaker: { failuresToOpen: Infinity } });
}

function abortable(gate: Promise<void> | undefined, signal: AbortSignal): Promise<void> | undefined {
  if (!gate) return undefined;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    void gate.then(resolve);
  });
}

/** A complete text, an interrupted one, or one with another end. */
type Answer = string | { text: string; failure?: Error; end?: EndReason };
