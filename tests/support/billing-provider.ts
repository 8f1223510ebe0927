import { setTimeout as sleep } from 'node:timers/promises';
import { chatChunk, chatEnd, chatEvent } from './compatible-server.ts';
import { ScriptedProvider, sendError, sendEvents } from './scripted-provider.ts';

/** A provider's server with accounts of its own: which calls it would bill, and what it could write of each. */
export class BillingProvider {
  readonly calls: BilledCall[] = [];
  /** How the next call is answered. */
  plan: () => AnswerPlan = () => ({});
  readonly #server = new ScriptedProvider();

  async start(): Promise<this> {
    await this.#server.start();
    this.#server.answer = async (response, { body }) => {
      const { refuse, tokens = 10, everyMs = 0, told, cutAfter } = this.plan();
      if (refuse) return sendError(response, refuse, { error: { message: 'not now' } });
      const call: BilledCall = { body, written: 0, isOver: false };
      this.calls.push(call);
      response.on('close', () => (call.isOver = true));
      for (; call.written < tokens && !call.isOver; call.written++) {
        if (call.written === cutAfter) return response.destroy();
        sendEvents(response, chatChunk('word '));
        if (everyMs > 0) await sleep(everyMs);
      }
      if (told) sendEvents(response, chatEvent({ id: 'c1', choices: [], usage: usageOf(told) }));
      response.end(chatEnd());
    };
    return this;
  }

  /** The value of OPENAI_COMPATIBLE_SERVERS. Its model is `billing/words`. */
  setting(inputUsdPerMTok: string, outputUsdPerMTok: string): string {
    const model = {
      name: 'words',
      contextTokens: null,
      maxOutputTokens: null,
      inputUsdPerMTok,
      outputUsdPerMTok,
    };
    return JSON.stringify([{ name: 'billing', baseUrl: `${this.#server.url}/v1`, models: [model] }]);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

function usageOf({ input, output }: { input: unknown; output: unknown }) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: undefined };
}

export interface AnswerPlan {
  /** A status: the call is refused, and not billed. */
  refuse?: number;
  /** Words of the answer. */
  tokens?: number;
  everyMs?: number;
  /** What it says to have used. Left out: it says nothing. */
  told?: { input: unknown; output: unknown };
  /** The connection breaks after this many. */
  cutAfter?: number;
}

export interface BilledCall {
  body: string;
  /** Tokens that it could write. */
  written: number;
  isOver: boolean;
}
