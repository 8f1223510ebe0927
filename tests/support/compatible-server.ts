import type { CompatibleModel, CompatibleServer } from '../../src/core/llm/providers/openai-compatible.ts';
import type { ScriptedProvider } from './scripted-provider.ts';

/** A server of the operator that has one model, which costs nothing unless it is changed. */
export function compatibleServer(
  name: string,
  { url }: Pick<ScriptedProvider, 'url'>,
  { apiKey = null, ...model }: { apiKey?: string | null } & Partial<CompatibleModel> = {},
): CompatibleServer {
  const free = { name: 'some-model', contextTokens: null, maxOutputTokens: null, thinkingTokens: null };
  const models = [{ ...free, inputUsdPerMTok: '0', outputUsdPerMTok: '0', ...model }];
  return { name, baseUrl: `${url}/v1`, apiKey, models };
}

/** One event of the Chat Completions protocol: text, or whatever `changes` put into its place. */
export function chatChunk(content: string | null, changes: object = {}): string {
  const choice = { index: 0, delta: content === null ? {} : { content }, finish_reason: null, ...changes };
  return chatEvent({ id: 'c1', object: 'chat.completion.chunk', choices: [choice] });
}

/** The end of an answer with this word. */
export function chatEnd(finish_reason = 'stop'): string {
  return `${chatChunk(null, { finish_reason })}data: [DONE]\n\n`;
}

export function chatEvent(body: unknown): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}
