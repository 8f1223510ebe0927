import { buildLlm } from '../src/build/llm.ts';
import { readConfig } from '../src/config/config.ts';
import { createLogger } from '../src/infra/logger.ts';

/** The default model, and why it is used. Errors: ConfigError, as the start of the server. */
export function defaultModel(settings: NodeJS.ProcessEnv): string {
  const { catalog } = buildLlm(readConfig(settings), {}, { logger: createLogger('silent') });
  const { provider, model } = catalog.find();
  if (provider === 'OFFLINE') return 'OFFLINE, a script that needs no key and knows nothing of the world';
  if (provider === 'OPENAI_COMPATIBLE')
    return `${model} of OPENAI_COMPATIBLE_SERVERS; it costs what it costs there`;
  return `${model} of ${provider}, because ${provider}_API_KEY is set; this costs real cents`;
}
