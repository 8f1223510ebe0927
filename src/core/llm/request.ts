import type { ModelRequest } from './language-model.ts';

/** The whole system prompt: what all calls of this kind share comes first, because providers cache the beginning. */
export function systemPrompt({ system, systemSuffix = '' }: ModelRequest): string {
  return [system, systemSuffix].filter(Boolean).join('\n\n');
}

/** The most tokens that the provider may write, and bill: text and thinking. */
export function outputLimit({ maxOutputTokens, thinkingTokens = 0 }: ModelRequest): number {
  return maxOutputTokens + thinkingTokens;
}

/** The request itself, or with less output where it wants more than `most`, which is null for a model without a known limit. */
export function withinLimit(request: ModelRequest, most: number | null): ModelRequest {
  const excess = most === null ? 0 : Math.max(0, outputLimit(request) - most);
  return excess === 0 ? request : { ...request, maxOutputTokens: request.maxOutputTokens - excess };
}

/** How much a model is to think: a text takes more thought than an object, whose form leads the model. */
export function thinkingEffort({ output }: ModelRequest): 'low' | 'medium' {
  return output ? 'low' : 'medium';
}

/** The same in tokens, for models that take a number. They may exceed it, but never `outputLimit`. */
export function thinkingBudget(request: ModelRequest): number {
  const { thinkingTokens = 0 } = request;
  return thinkingEffort(request) === 'low' ? Math.ceil(thinkingTokens / 4) : thinkingTokens;
}
