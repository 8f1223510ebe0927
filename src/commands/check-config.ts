import { buildLlm } from '../build/llm.ts';
import { readConfig } from '../config/config.ts';
import { describeConfig } from '../config/describe.ts';
import { createLogger } from '../infra/logger.ts';

/** Prints the effective settings without secrets, and the default model. Errors: ConfigError, where a start has one. */
export function checkConfig(): number {
  const config = readConfig();
  const { catalog } = buildLlm(config, {}, { logger: createLogger('silent') });
  const { provider, model } = catalog.find();
  for (const line of describeConfig()) console.log(line);
  const retired = catalog.retiredDefault();
  if (retired)
    console.log(`DEFAULT_LLM_MODEL: ${config.defaultModel} is no longer served since ${retired.since}.`);
  console.log(`Steps and replies that name no model use ${model} of ${provider}.`);
  return 0;
}
