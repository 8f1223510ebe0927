import { isIP } from 'node:net';
import type { PROCESS_SETTINGS } from './process.ts';
import { isNetwork, withoutBrackets } from '../core/network/address.ts';
import { flag, list, origins, type Parsed, text, wholeNumber } from './setting.ts';

/** The address of the API and its access from browsers. */
export interface ServerConfig {
  host: string;
  port: number;
  /** Origins of web pages that may call the API. */
  corsOrigins: string[];
  /** Names for which the server answers, besides those of loopback. Null: all. */
  allowedHosts: string[] | null;
  /** Addresses and CIDR ranges of proxies whose forwarded headers are believed. */
  trustedProxies: string[];
  /** Whether introspection and GraphiQL are available to everyone. */
  isSchemaPublic: boolean;
}

export const SERVER_SETTINGS = {
  HOST: text,
  PORT: wholeNumber(0, 65_535).default(9_000),
  CORS_ORIGINS: origins,
  ALLOWED_ORIGINS: origins,
  ALLOWED_HOSTS: list(
    (value) => /^[\w-]+(\.[\w-]+)*$/.test(value) || isIP(withoutBrackets(value)) !== 0,
    'must list host names such as api.example.com, without ports, separated by commas or as a JSON array',
  ),
  TRUSTED_PROXIES: list(
    isNetwork,
    'must list addresses and ranges such as 10.0.0.0/8, separated by commas or as a JSON array',
  ),
  GRAPHIQL: flag,
};

export function serverConfig(env: Parsed<typeof SERVER_SETTINGS & typeof PROCESS_SETTINGS>): ServerConfig {
  const isProduction = env.NODE_ENV === 'production';
  return {
    host: env.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    corsOrigins: env.CORS_ORIGINS ?? env.ALLOWED_ORIGINS ?? (isProduction ? [] : ['http://localhost:3000']),
    allowedHosts: allowedHosts(env, isProduction),
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    isSchemaPublic: env.GRAPHIQL ?? !isProduction,
  };
}

/** The operator who listens on one address, or under one name, means it to be used. */
function allowedHosts(
  { HOST, ALLOWED_HOSTS }: Pick<Parsed<typeof SERVER_SETTINGS>, 'HOST' | 'ALLOWED_HOSTS'>,
  isProduction: boolean,
): string[] | null {
  if (isProduction && !ALLOWED_HOSTS) return null;
  const names = [...(ALLOWED_HOSTS ?? []), ...(HOST ? [HOST] : [])];
  return names.map((name) => withoutBrackets(name.toLowerCase()));
}
