import {
  type LanguageModel,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
} from '../language-model.ts';
import { compatibleChat } from './openai-chat.ts';
import type { ModelTimeouts } from './provider-call.ts';
import { defineProvider, type ModelLimits, type Provider } from './provider.ts';

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
    yield* target.client.stream({ ...request, model: target.model }, signal);
  }
}

function targetsOf(server: CompatibleServer, timeouts: ModelTimeouts): [string, Target][] {
  const { name, baseUrl, apiKey, models } = server;
  const { description } = openAiCompatible;
  const provider = defineProvider({ title: name, description, baseUrl, ...compatibleChat });
  const access = { apiKey: apiKey ?? '', timeouts };
  return models.map((model) => [
    fullName(server, model.name),
    { client: provider.create({ ...access, limits: model }), model: model.name },
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

export interface CompatibleModel extends ModelLimits {
  /** As the server calls it. */
  name: string;
  /** Room for thinking, in addition to the text. Less than `maxOutputTokens`. Null: the model does not think. */
  thinkingTokens: number | null;
  inputUsdPerMTok: string;
  outputUsdPerMTok: string;
}

interface Target {
  client: LanguageModel;
  model: string;
}
