import type { PROCESS_SETTINGS } from './process.ts';
import { flag, origins, type Parsed, text, wholeNumber } from './setting.ts';

/** The address of the API and its access from browsers. */
export interface ServerConfig {
  host: string;
  port: number;
  /** Origins of web pages that may call the API. */
  corsOrigins: string[];
  /** Whether introspection and GraphiQL are available to everyone. */
  isSchemaPublic: boolean;
}

export const SERVER_SETTINGS = {
  HOST: text,
  PORT: wholeNumber(0, 65_535).default(9_000),
  CORS_ORIGINS: origins,
  ALLOWED_ORIGINS: origins,
  GRAPHIQL: flag,
};

export function serverConfig(env: Parsed<typeof SERVER_SETTINGS & typeof PROCESS_SETTINGS>): ServerConfig {
  const isProduction = env.NODE_ENV === 'production';
  return {
    host: env.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    corsOrigins: env.CORS_ORIGINS ?? env.ALLOWED_ORIGINS ?? (isProduction ? [] : ['http://localhost:3000']),
    isSchemaPublic: env.GRAPHIQL ?? !isProduction,
  };
}
