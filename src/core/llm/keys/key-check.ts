import { KEYED_PROVIDERS, type KeyedProviderName } from '../providers/registry.ts';
import { field, parseJson } from '../wire/field.ts';
import { quoteIn, readStart } from '../wire/provider-error.ts';
import { KeyRejectedError, problemIn } from './key-problem.ts';

/**
 * Asks a provider whether a key is good: OpenAI and Google for their list of models; Anthropic for one token of an answer,
 * because it shows its models also to accounts without credit. Takes 10 seconds at most.
 * Errors: KeyRejectedError.
 */
export async function checkKey(
  provider: KeyedProviderName,
  { apiKey, baseUrl, model, fetch }: KeyAccess,
): Promise<void> {
  const { title, baseUrl: ownUrl } = KEYED_PROVIDERS[provider];
  const { path, isAnswer, ...request } = QUESTIONS[provider](apiKey, model);
  try {
    const response = await fetch(`${baseUrl ?? ownUrl}${path}`, {
      ...request,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readStart(response);
    const body = parseJson(text);
    if (response.ok && isAnswer(body)) return;
    const problem = problemIn(body === undefined ? '' : text, response.status);
    if (problem) throw new KeyRejectedError(problem, title, quoteIn(body, { provider: title, apiKey }));
  } catch (error) {
    throw error instanceof KeyRejectedError ? error : new KeyRejectedError('UNREACHABLE', title);
  }
}

const QUESTIONS: Record<KeyedProviderName, (apiKey: string, model: string) => Question> = {
  OPENAI: (apiKey) => ({
    path: '/models',
    headers: { authorization: `Bearer ${apiKey}` },
    isAnswer: (body) => Array.isArray(field(body, 'data')),
  }),
  ANTHROPIC: (apiKey, model) => ({
    path: '/v1/messages',
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      max_tokens: 1,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
    isAnswer: (body) => field(body, 'type') === 'message',
  }),
  GOOGLE: (apiKey) => ({
    path: '/v1beta/models?pageSize=1',
    headers: { 'x-goog-api-key': apiKey },
    isAnswer: (body) => Array.isArray(field(body, 'models')),
  }),
};

const TIMEOUT_MS = 10_000;

interface Question extends Pick<RequestInit, 'method' | 'body'> {
  path: string;
  headers: Record<string, string>;
  isAnswer: (body: unknown) => boolean;
}

export interface KeyAccess {
  apiKey: string;
  /** Null: the provider's own server. */
  baseUrl: string | null;
  /** A cheap model of the provider, for one that has to write something. */
  model: string;
  fetch: typeof fetch;
}
