import { type Config, readSettings, SETTING_NAMES } from './config.ts';
import type { CompatibleServer } from '../core/llm/providers/openai-compatible.ts';
import type { IssuerConfig } from './issuers.ts';

/**
 * The effective configuration, one line for each setting, without any secret. Errors: ConfigError with all problems of
 * the settings.
 */
export function describeConfig(env?: NodeJS.ProcessEnv): string[] {
  const { config, parsed, given } = readSettings(env);
  return SETTING_NAMES.map((name) => {
    const value = given.has(name) ? parsed[name] : (DEPENDENT_DEFAULTS[name]?.(config) ?? parsed[name]);
    return `${name} = ${shown(name, value)}${given.has(name) || value === undefined ? '' : ' (default)'}`;
  });
}

/** The defaults that depend on other settings. */
const DEPENDENT_DEFAULTS: Readonly<Record<string, (config: Config) => unknown>> = {
  LOG_LEVEL: ({ logLevel }) => logLevel,
  HOST: ({ host }) => host,
  CORS_ORIGINS: ({ corsOrigins }) => corsOrigins,
  GRAPHIQL: ({ isSchemaPublic }) => isSchemaPublic,
  REGISTRATION: ({ registration }) => registration,
  MAIL_FROM: ({ mailFrom }) => mailFrom,
  PUBLIC_URL: ({ publicUrl }) => publicUrl ?? undefined,
  DEFAULT_PLAN: ({ defaultPlan }) => defaultPlan,
  DEFAULT_LLM_PROVIDER: ({ defaultProvider }) => defaultProvider,
};

function shown(name: string, value: unknown): string {
  if (isSecret(name)) return value === undefined ? 'not set' : 'set';
  if (value === undefined) return 'not set';
  if (name === 'JWT_ISSUERS') return (value as IssuerConfig[]).map(describeIssuer).join('; ');
  if (name === 'OPENAI_COMPATIBLE_SERVERS')
    return (value as CompatibleServer[]).map(describeServer).join('; ') || 'none';
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'none';
  return typeof value === 'string' ? withoutCredentials(value) : JSON.stringify(value);
}

/** By name, so that a new setting that ends in KEY is hidden without a line here. */
function isSecret(name: string): boolean {
  return /(KEY|KEYS_OLD|SECRET|PASSWORD|TOKEN)$/.test(name);
}

function describeIssuer({ name, issuer, algorithms, key }: IssuerConfig): string {
  const where =
    'jwksUrl' in key ? withoutCredentials(key.jwksUrl) : 'secret' in key ? 'a secret' : 'a public key';
  return `${name} (iss ${issuer ?? 'absent'}, ${algorithms.join(', ')}, ${where})`;
}

function describeServer({ name, baseUrl, apiKey, models }: CompatibleServer): string {
  const names = models.map((model) => model.name).join(', ');
  return `${name} (${baseUrl}, ${apiKey === null ? 'no key' : 'a key'}: ${names})`;
}

/** A password may stand before the host or in the query of a URL. */
function withoutCredentials(value: string): string {
  const url = URL.parse(value);
  const secrets = [...(url?.searchParams.keys() ?? [])].filter((name) => /pass|secret|token|key/i.test(name));
  if (!url || (!url.password && secrets.length === 0)) return value;
  if (url.password) url.password = '***';
  for (const name of secrets) url.searchParams.set(name, '***');
  return url.href;
}
