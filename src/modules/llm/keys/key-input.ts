import { z } from 'zod';
import { redundantEnd } from '../../../core/llm/providers/base-url.ts';
import {
  KEYED_PROVIDER_NAMES,
  KEYED_PROVIDERS,
  type KeyedProviderName,
  PROVIDER_NAMES,
} from '../../../core/llm/providers/registry.ts';
import type { GuardedFetch } from '../../../core/safe-fetch/guarded-fetch.ts';
import { SafeFetchError } from '../../../core/safe-fetch/safe-fetch-error.ts';
import { ValidationError } from '../../../errors.ts';

export const MIN_KEY_LENGTH = 8;
export const MAX_KEY_LENGTH = 512;
export const MAX_BASE_URL_LENGTH = 500;

export const saveLlmKeyInput = z.object({
  provider: z
    .enum(PROVIDER_NAMES)
    .refine(
      (name): name is KeyedProviderName => (KEYED_PROVIDER_NAMES as readonly string[]).includes(name),
      `must be one of ${KEYED_PROVIDER_NAMES.join(', ')}: other providers need no key of yours`,
    ),
  key: z
    .string()
    .trim()
    .min(MIN_KEY_LENGTH)
    .max(MAX_KEY_LENGTH)
    .regex(/^[!-~]*$/, 'must be one line of ASCII characters without spaces'),
  baseUrl: z.string().trim().max(MAX_BASE_URL_LENGTH).nullish(),
  scope: z.enum(['USER', 'TENANT']).default('USER'),
});

/**
 * The base URL as it is stored: without a slash at its end, and null for the provider's own server.
 * Errors: ValidationError when it is no URL that a request may be sent to.
 */
export function readBaseUrl(
  text: string | null | undefined,
  { provider, guard }: { provider: KeyedProviderName; guard: Pick<GuardedFetch, 'check'> },
): string | null {
  if (!text) return null;
  const url = checked(text, guard);
  if (url.search !== '' || url.hash !== '')
    throw refused('INVALID_FORMAT', 'must have no query and no fragment');
  const baseUrl = url.href.replace(/\/+$/, '');
  const ownUrl = KEYED_PROVIDERS[provider].baseUrl;
  const end = redundantEnd(baseUrl, ownUrl);
  if (end) throw refused('INVALID_FORMAT', `must end before ${end}, which is added to it`);
  return baseUrl === ownUrl ? null : baseUrl;
}

function checked(text: string, guard: Pick<GuardedFetch, 'check'>): URL {
  try {
    return guard.check(text);
  } catch (error) {
    if (error instanceof SafeFetchError) throw refused('NOT_ALLOWED', error.message);
    throw error;
  }
}

function refused(code: 'INVALID_FORMAT' | 'NOT_ALLOWED', message: string): ValidationError {
  return new ValidationError([{ code, path: ['baseUrl'], message }]);
}
