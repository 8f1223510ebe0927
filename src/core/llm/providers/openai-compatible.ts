import {
  type LanguageModel,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
} from '../language-model.ts';
import { outputLimit } from '../request.ts';
import { compatibleChat } from './openai-chat.ts';
import type { ModelTimeouts } from './provider-call.ts';
import { defineProvider, type Provider } from './provider.ts';

export const openAiCompatible: Provider = {
  title: 'OpenAI-compatible',
  description:
    'Servers of the operator that speak OpenAI’s Chat Completions protocol: local ones and gateways. Their models are named `<server>/<model>`.',
};

/** One client for all servers of the operator. The name of the model says which of them is called. */
export class CompatibleServers implements LanguageModel {
  readonly #targets: ReadonlyMap<string, Target>;

  constructor(servers: readonly CompatibleServer[], timeouts = TIMEOUTS) {
    this.#targets = new Map(servers.flatMap((server) => targetsOf(server, timeouts)));
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const target = this.#targets.get(request.model);
    if (!target) throw new ModelError('BAD_REQUEST', `No server has the model ${request.model}.`);
    const { client, model, maxOutputTokens } = target;
    const excess = maxOutputTokens === null ? 0 : Math.max(0, outputLimit(request) - maxOutputTokens);
    const sent = { ...request, model, maxOutputTokens: request.maxOutputTokens - excess };
    for await (const part of client.stream(sent, signal)) {
      const isOwnLimit = excess > 0 && part.type === 'end' && part.reason === 'length';
      yield isOwnLimit ? { type: 'end', reason: 'window' } : part;
    }
  }
}

function targetsOf(server: CompatibleServer, timeouts: ModelTimeouts): [string, Target][] {
  const { name, baseUrl, apiKey, models } = server;
  const { description } = openAiCompatible;
  const provider = defineProvider({ title: name, description, baseUrl, ...compatibleChat });
  const client = provider.create({ apiKey: apiKey ?? '', timeouts });
  return models.map((model) => [
    fullName(server, model.name),
    { client, model: model.name, maxOutputTokens: model.maxOutputTokens },
  ]);
}

/**
 * A local server may load a model and read a long prompt for minutes before the first word, and then write slowly. Node's
 * `fetch` itself waits for 5 minutes at most.
 */
const TIMEOUTS: ModelTimeouts = { idleMs: 4 * 60_000, totalMs: 30 * 60_000 };

/** What a model is called in designs, lists and the ledger. */
export function fullName({ name }: Pick<CompatibleServer, 'name'>, model: string): string {
  return `${name}/${model}`;
}

export interface CompatibleServer {
  /** Without a slash. Users and the ledger see it, and messages name it as the provider. */
  name: string;
  /** What `/chat/completions` is added to. */
  baseUrl: string;
  /** Null: requests have no Authorization header. */
  apiKey: string | null;
  models: readonly CompatibleModel[];
}

export interface CompatibleModel {
  /** As the server calls it. */
  name: string;
  contextTokens: number | null;
  /** The most that the model can write, thinking included. A request never asks for more. Null: unknown. */
  maxOutputTokens: number | null;
  /** Room for thinking, in addition to the text. Less than `maxOutputTokens`. Null: the model does not think. */
  thinkingTokens: number | null;
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
}

interface Target {
  client: LanguageModel;
  model: string;
  maxOutputTokens: number | null;
}
