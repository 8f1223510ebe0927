import { ModelError, type ModelErrorCode } from '../language-model.ts';

/** What a response that is not 2xx means. Reads its body, up to a limit. */
export async function errorFromResponse(response: Response, asked: ProviderIdentity): Promise<ModelError> {
  const body = parseJson(await readStart(response));
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return errorForStatus(response.status, asked, { ...readError(body), retryAfterMs });
}

/** What an HTTP status means, whether it came as one or is told inside a stream that began with 200. */
export function errorForStatus(status: number, asked: ProviderIdentity, told: ProviderErrorBody): ModelError {
  const code = codeFor(status, told.codes ?? []);
  const said = told.message && code !== 'AUTH' ? ` It said: "${withoutKey(told.message, asked.apiKey)}"` : '';
  return new ModelError(code, `${asked.provider} ${MEANINGS[code]} (${status}).${said}`, {
    retryAfterMs: told.retryAfterMs,
  });
}

/** All three providers write `{ error: { message, type | code | status, details } }`, each in its own way. */
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

/** Google answers a wrong key with 400, OpenAI an empty account with 429: waiting helps neither. */
const ACCOUNT_CODES: ReadonlySet<string> = new Set(['API_KEY_INVALID', 'insufficient_quota']);

const CONTENT_CODES: ReadonlySet<string> = new Set(['content_filter', 'content_policy_violation']);

const MEANINGS: Record<ModelErrorCode, string> = {
  RATE_LIMITED: 'takes no more requests for the moment. Try again later, or raise the limits of its account',
  UNAVAILABLE: 'is not available. Try again later',
  TRUNCATED: 'ended its answer too early. Try again',
  TIMEOUT: 'took too long. Try again',
  AUTH: 'does not accept the key. Check that it is right, may use this model, and that its account has credit',
  BAD_REQUEST: "refused the request. Check the model's name, the base URL and the size of the request",
  REFUSED: 'refused the content. Rephrase it',
};

/** Seconds or a date, in milliseconds, at most a minute. */
function parseRetryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const askedMs = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(askedMs, 0), LONGEST_RETRY_AFTER_MS);
}

function withoutKey(text: string, apiKey: string): string {
  const clean = apiKey ? text.replaceAll(apiKey, '[key]') : text;
  return clean.length > MAX_MESSAGE_CHARACTERS ? `${clean.slice(0, MAX_MESSAGE_CHARACTERS)}…` : clean;
}

/** A body that breaks off is no matter: the status says what is needed. */
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

const LONGEST_RETRY_AFTER_MS = 60_000;
const MAX_MESSAGE_CHARACTERS = 300;
const MAX_BODY_CHARACTERS = 64 * 1024;

export interface ProviderIdentity {
  /** As it is called in messages. */
  provider: string;
  apiKey: string;
}

/** What a provider told about an error. */
export interface ProviderErrorBody {
  message?: string;
  /** Its own names for the error. */
  codes?: string[];
  retryAfterMs?: number;
}
