import type { NetworkList } from '../../core/network/address.ts';
import type { OriginPolicy } from '../cors.ts';

export interface GraphQLSettings {
  /** Pages that may call the API and open WebSockets. */
  origins: OriginPolicy;
  /** Proxies whose forwarded headers are believed. */
  trustedProxies: NetworkList;
  /** Enables introspection, GraphiQL and "Did you mean" suggestions. */
  isSchemaPublic: boolean;
  isProduction: boolean;
}
