import { z } from 'zod';
import { firstCharacters } from '../../../core/text/characters.ts';
import { cleanText } from '../../../core/prompt-safety/clean-text.ts';
import { detectInjection } from '../../../core/prompt-safety/detect-injection.ts';
import { htmlText } from '../../../core/safe-fetch/html-text.ts';
import { readBody } from '../../../core/safe-fetch/read-body.ts';
import { SafeFetchError } from '../../../core/safe-fetch/safe-fetch-error.ts';
import type { SafeFetch } from '../../../core/safe-fetch/safe-fetch.ts';
import type { Sources } from '../../../kernel/context.ts';
import type { AgentTask, CollectedSource } from './agent.ts';
import { cutText } from './fit-texts.ts';
import { plainPrompt } from '../../templates/filled-prompt.ts';

/**
 * Collects the material for a collector step: the results of the operator's data service, else the pages at the URLs in
 * the request of the run and in the prompt of the step, at most five. A source that could not be read has an error.
 * Errors: only the reason of `signal`.
 */
export async function collectSources(
  task: Pick<AgentTask, 'step' | 'request' | 'context'>,
  { fetch, collectorUrl }: Sources,
  signal: AbortSignal,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<CollectedSource[]> {
  const urls = urlsIn(task);
  if (collectorUrl === null) return readPages(urls, fetch, signal, timeoutMs);
  try {
    return await askService(
      collectorUrl,
      { ...task, urls },
      AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    );
  } catch (error) {
    signal.throwIfAborted();
    const failure = failedSource('Data collector service', null, describeServiceFailure(error));
    return [failure, ...(await readPages(urls, fetch, signal, timeoutMs))];
  }
}

/** The operator configures the service, so it may be on a private network: only its time and size are limited. */
async function askService(
  collectorUrl: string,
  { step, request, context, urls }: Pick<AgentTask, 'step' | 'request' | 'context'> & { urls: string[] },
  signal: AbortSignal,
): Promise<CollectedSource[]> {
  const query = [plainPrompt(step.prompt ?? ''), request].filter(Boolean).join('\n\n');
  const response = await fetch(collectorUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, urls, context }),
    redirect: 'error',
    signal,
  });
  if (!response.ok) throw new ServiceError(`it answered with status ${response.status}`);
  const body = await readBody(response.body, MAX_SERVICE_BYTES);
  if (!body) throw new ServiceError(`its answer is larger than ${MAX_SERVICE_BYTES} bytes`);
  const { items } = serviceAnswer.parse(JSON.parse(body.toString('utf8')));
  return items
    .slice(0, MAX_ITEMS)
    .map(({ title, url, content }) => readSource(title ?? null, url ?? null, content));
}

function describeServiceFailure(error: unknown): string {
  const reason =
    error instanceof ServiceError
      ? error.message
      : error instanceof z.ZodError || error instanceof SyntaxError
        ? 'its answer is not { items: [{ title, url, content }] }'
        : 'it could not be reached in time';
  return `The data collector service failed: ${reason}. The URLs of the request were read instead.`;
}

async function readPages(
  urls: string[],
  safeFetch: SafeFetch,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<CollectedSource[]> {
  const read = urls.slice(0, MAX_URLS).map((url) => readPage(url, safeFetch, signal, timeoutMs));
  const sources = await Promise.all(read);
  const unread = urls.length - MAX_URLS;
  if (unread > 0)
    sources.push(failedSource(null, null, `${unread} more URLs were not read; at most ${MAX_URLS} are.`));
  return sources;
}

async function readPage(
  url: string,
  safeFetch: SafeFetch,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<CollectedSource> {
  try {
    const page = await safeFetch.text(url, { signal, timeoutMs });
    const { title, text } = page.mediaType.includes('html')
      ? htmlText(page.text)
      : { title: null, text: page.text };
    return readSource(title, page.url, text);
  } catch (error) {
    if (error instanceof SafeFetchError) return failedSource(null, url, error.message);
    throw error;
  }
}

function readSource(title: string | null, address: string | null, original: string): CollectedSource {
  const url = address !== null && address.length <= MAX_URL_LENGTH ? address : null;
  const cleanTitle = title === null ? null : cleanText(firstCharacters(title, MAX_TITLE_LENGTH)).text;
  const { text } = cleanText(cutText(original, MAX_SOURCE_LENGTH));
  const findings = detectInjection(`${cleanTitle ?? ''}\n${text}`).map(({ description }) => description);
  if (text.trim() === '') return { ...failedSource(cleanTitle, url, EMPTY), findings };
  return { title: cleanTitle, url, text, error: null, findings };
}

function failedSource(title: string | null, url: string | null, error: string): CollectedSource {
  return { title, url, text: null, error, findings: [] };
}

/** The URLs of a text in their order, without duplicates. */
export function urlsIn({ request, step }: Pick<AgentTask, 'step' | 'request'>): string[] {
  const found = `${request}\n${plainPrompt(step.prompt ?? '')}`.match(URL_IN_TEXT) ?? [];
  return [...new Set(found.map(withoutPunctuation))];
}

function withoutPunctuation(url: string): string {
  const trimmed = url.replace(/[.,;:!?*_'"]+$/, '');
  return trimmed.endsWith(')') && !trimmed.includes('(') ? withoutPunctuation(trimmed.slice(0, -1)) : trimmed;
}

/** The host is ASCII, so that a Korean particle after it is not part of it; the path may use any script. */
const URL_IN_TEXT = /https?:\/\/[a-z0-9.:@%[\]_~-]{1,300}(?:[/?#][^\s<>"`{}|\\^\]]{0,1500})?/gi;

const serviceAnswer = z.object({
  items: z.array(z.object({ title: z.string().nullish(), url: z.string().nullish(), content: z.string() })),
});

const DEFAULT_TIMEOUT_MS = 20_000;
const MAX_SERVICE_BYTES = 4 * 1024 * 1024;
const MAX_ITEMS = 20;
const MAX_URLS = 5;
/** In characters. */
const MAX_SOURCE_LENGTH = 20_000;
const MAX_TITLE_LENGTH = 300;
const EMPTY = 'It holds no text.';
/** In UTF-16 code units. A longer address is left out, because a part of it leads nowhere. */
const MAX_URL_LENGTH = 1_000;

/** The most that a step can collect, but for the texts: their length is limited where they are put into a prompt. */
export const LARGEST_COLLECTION: readonly CollectedSource[] = Array.from({ length: MAX_ITEMS }, () => ({
  title: '\u{10000}'.repeat(MAX_TITLE_LENGTH),
  url: '\uffff'.repeat(MAX_URL_LENGTH),
  text: null,
  error: EMPTY,
  findings: ['any'],
}));

class ServiceError extends Error {}
