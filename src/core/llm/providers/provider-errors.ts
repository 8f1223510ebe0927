import { storableText } from '../../text/storable-text.ts';
import { ModelError, type ModelErrorCode } from '../language-model.ts';

/** The error for a response whose status is not 2xx. Reads its body up to a limit. */
export async function errorFromResponse(response: Response, identity: ProviderIdentity): Promise<ModelError> {
  const body = parseJson(await readStart(response));
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return errorForStatus(response.status, identity, { ...readError(body), retryAfterMs });
}

/** The error for an HTTP status, from a response or from an error event in a stream that began with status 200. */
export function errorForStatus(
  status: number,
  { provider, apiKey }: ProviderIdentity,
  body: ProviderErrorBody,
): ModelError {
  const code = codeFor(status, body.codes ?? []);
  const quote =
    body.message && code !== 'AUTH' ? ` ${provider} answered: "${withoutKey(body.message, apiKey)}"` : '';
  return new ModelError(code, `${provider} ${MEANINGS[code]} (${status}).${quote}`, {
    retryAfterMs: body.retryAfterMs,
  });
}

/** All providers send variants of `{ error: { message, type | code | status, details } }`. */
export function readError(body: unknown): ProviderErrorBody {
  const error = field(body, 'error') ?? body;
  const message = field(error, 'message');
  const details = field(error, 'details');
  const reasons = Array.isArray(details) ? details.map((detail) => field(detail, 'reason')) : [];
  const codes = [field(error, 'code'), field(error, 'type'), ...reasons].filter(
    (code) => typeof code === 'string',
  );
  return { message: typeof message === 'string' ? message : undefined, codes };
}

/** A property of a value of unknown shape. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function codeFor(status: number, codes: string[]): ModelErrorCode {
  if (codes.some((code) => ACCOUNT_CODES.has(code))) return 'AUTH';
  if (codes.some((code) => CONTENT_CODES.has(code))) return 'REFUSED';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 401 || status === 402 || status === 403) return 'AUTH';
  if (status === 408 || status === 409 || status >= 500) return 'UNAVAILABLE';
  return 'BAD_REQUEST';
}

/** Google reports a wrong key with status 400, OpenAI an account without credit with 429. Waiting helps with neither. */
const ACCOUNT_CODES: ReadonlySet<string> = new Set(['API_KEY_INVALID', 'insufficient_quota']);

const CONTENT_CODES: ReadonlySet<string> = new Set(['content_filter', 'content_policy_violation']);

const MEANINGS: Record<ModelErrorCode, string> = {
  RATE_LIMITED:
    'rejected the request because of its rate limit. Try again later, or raise the limits of the account',
  UNAVAILABLE: 'is unavailable. Try again later',
  TRUNCATED: 'ended its answer too early. Try again',
  TIMEOUT: 'took too long. Try again',
  AUTH: 'rejected the key. Check that it is valid and may use this model, and that its account has credit',
  BAD_REQUEST: 'rejected the request. Check the model name, the base URL and the size of the request',
  REFUSED: 'refused the content. Rephrase it',
};

/** Parses seconds or a date into milliseconds, at most one minute. */
function parseRetryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const delayMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}

function withoutKey(text: string, apiKey: string): string {
  const clean = apiKey ? text.replaceAll(apiKey, '[key]') : text;
  const isLong = clean.length > MAX_MESSAGE_CHARACTERS;
  return storableText(isLong ? `${clean.slice(0, MAX_MESSAGE_CHARACTERS)}…` : clean); // the cut may split a surrogate pair
}

/** Ignores an interrupted body: the status is sufficient. */
async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > MAX_BODY_CHARACTERS) break;
    }
  } catch {
    return text;
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MAX_RETRY_AFTER_MS = 60_000;
const MAX_MESSAGE_CHARACTERS = 300;
const MAX_BODY_CHARACTERS = 64 * 1024;

export interface ProviderIdentity {
  /** The provider's name in messages. */
  provider: string;
  apiKey: string;
}

/** A provider's description of an error. */
export interface ProviderErrorBody {
  message?: string;
  /** The provider's codes for the error. */
  codes?: string[];
  retryAfterMs?: number;
}
