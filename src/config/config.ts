/**
 * Reads all settings once from the environment. Each section parses, checks and defaults its own settings.
 * `.env.example` documents all of them.
 */
import fs from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { ACCESS_SETTINGS, type AccessConfig, accessConfig, accessProblems } from './access.ts';
import { LIMITS_SETTINGS, type LimitsConfig, limitsConfig, limitsProblems } from './limits.ts';
import { LLM_SETTINGS, type LlmConfig, llmConfig, llmProblems } from './llm.ts';
import { MAIL_SETTINGS, type MailConfig, mailConfig, mailProblems } from './mail.ts';
import { PROCESS_SETTINGS, type ProcessConfig, processConfig, processProblems } from './process.ts';
import { SERVER_SETTINGS, type ServerConfig, serverConfig } from './server.ts';
import type { Environment } from './setting.ts';
import { STORAGE_SETTINGS, type StorageConfig, storageConfig } from './storage.ts';
import { WORK_SETTINGS, type WorkConfig, workConfig } from './work.ts';

export interface Config
  extends ProcessConfig,
    ServerConfig,
    StorageConfig,
    AccessConfig,
    MailConfig,
    LimitsConfig,
    LlmConfig,
    WorkConfig {}

const SETTINGS = z.object({
  ...PROCESS_SETTINGS,
  ...SERVER_SETTINGS,
  ...STORAGE_SETTINGS,
  ...ACCESS_SETTINGS,
  ...MAIL_SETTINGS,
  ...LIMITS_SETTINGS,
  ...LLM_SETTINGS,
  ...WORK_SETTINGS,
});

export const SETTING_NAMES = Object.keys(SETTINGS.shape);

/** Reads the environment and a file `.env`; the environment takes precedence. Errors: ConfigError with all problems. */
export function readConfig(env: NodeJS.ProcessEnv = environment()): Config {
  return readSettings(env).config;
}

/** The same, with the single settings as they were parsed, for those who check them. */
export function readSettings(env: NodeJS.ProcessEnv = environment()): Settings {
  const settings = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = SETTINGS.safeParse(settings);
  const issues = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  const problems = [...issues, ...problemsBetween(settings)];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const config = {
    ...processConfig(parsed.data),
    ...serverConfig(parsed.data),
    ...storageConfig(parsed.data),
    ...accessConfig(parsed.data),
    ...mailConfig(parsed.data),
    ...limitsConfig(parsed.data),
    ...llmConfig(parsed.data),
    ...workConfig(parsed.data),
  };
  return { config, parsed: parsed.data, given: new Set(Object.keys(settings)) };
}

/** Checks settings that depend on each other. Reads their raw text, so that it works even if others are invalid. */
function problemsBetween(env: Environment): string[] {
  return [
    ...accessProblems(env),
    ...mailProblems(env),
    ...processProblems(env),
    ...limitsProblems(env),
    ...llmProblems(env),
  ];
}

function environment(): NodeJS.ProcessEnv {
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

interface Settings {
  config: Config;
  parsed: Readonly<Record<string, unknown>>;
  /** The names of the settings that are set and not empty. */
  given: ReadonlySet<string>;
}
