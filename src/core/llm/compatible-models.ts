import type { ModelPrice } from './prices.ts';
import { type CompatibleServer, fullName } from './providers/openai-compatible.ts';

/** The models of the operator's own servers with their prices, in the operator's order. */
export function compatibleModels(servers: readonly CompatibleServer[]): ModelPrice[] {
  return servers.flatMap((server) =>
    server.models.map(({ name, contextTokens, thinkingTokens, inputUsdPerMTok, outputUsdPerMTok }) => ({
      provider: 'OPENAI_COMPATIBLE' as const,
      model: fullName(server, name),
      contextTokens,
      ...(thinkingTokens === null ? {} : { thinkingTokens }),
      inputUsdPerMTok,
      outputUsdPerMTok,
      version: 'OPENAI_COMPATIBLE_SERVERS',
    })),
  );
}
