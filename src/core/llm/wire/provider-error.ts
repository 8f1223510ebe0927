import { ModelError, type ModelErrorCode } from '../language-model.ts';
import { accessProblemIn, type AccessProblem } from './access-problem.ts';
import { cleanWords } from './clean-words.ts';
import { errorCodeFor } from './error-codes.ts';
import { field, listField, parseJson, textField } from './field.ts';
import { isDailyQuota, retryAfterMs } from './retry-after.ts';

/** The error for a response whose status is not 2xx. Reads its body up to a limit. */
export async function errorFromResponse(response: Response, identity: ProviderIdentity): Promise<ModelError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) return redirectError(response, identity);
  const text = await readStart(response);
  const body = parseJson(text) ?? (MARKUP.test(text) ? undefined : text);
  return errorFromReport(body, identity, { status, headers });
}

/** The address may hold the key: only its origin is shown. */
function redirectError({ status, headers, url }: Response, { provider }: ProviderIdentity): ModelError {
  const location = headers.get('location') ?? '';
  const to = URL.canParse(location, url) ? ` to ${new URL(location, url).origin}` : '';
  const message = `${provider} redirects the request${to} (${status}). Redirects are not followed, so that the key goes nowhere else: put the address that answers into the base URL.`;
  return new ModelError('BAD_REQUEST', message, { status });
}

/**
 * The error that a provider reports. All of them send variants of `{ error: { message, type | code | status, details } }`,
 * with an HTTP status, or in an answer that began with 200. There, codes that are numbers from 400 to 599 are statuses.
 */
export function errorFromReport(
  body: unknown,
  identity: ProviderIdentity,
  { status, headers, permanent = false }: ReportContext = {},
): ModelError {
  const errors = errorsIn(body);
  const codes = errors.flatMap(codesOf);
  const shown = status ?? errors.map(statusIn).find((number) => number !== undefined);
  const words = wordsOf(errors[0]) ?? '';
  const problem = accessProblemIn([...codes, words].join('\n'), shown);
  const code = errorCodeFor(
    { codes, status: shown, words, problem },
    permanent ? 'BAD_REQUEST' : 'UNAVAILABLE',
  );
  const daily = code === 'RATE_LIMITED' && errors.some(isDailyQuota);
  const waitMs = errors.map((error) => retryAfterMs(headers, error)).find((ms) => ms !== undefined);
  const isLongWait = waitMs !== undefined && waitMs > LONGEST_WAIT_MS;
  const meaning = daily ? DAILY_QUOTA : meaningOf(code, problem);
  const quote = quoteIn(body, identity);
  const name = shown ?? (cleanWords(codes[0] ?? '', identity.apiKey) || 'error in the answer');
  const wait = isLongWait ? ` It asks to wait ${Math.ceil(waitMs / 60_000)} minutes.` : '';
  return new ModelError(code, `${identity.provider} ${meaning} (${name}).${wait}${quote}`, {
    retryAfterMs: waitMs,
    status,
    ...(permanent || daily || isLongWait ? { retryable: false } : {}),
  });
}

/** The provider's own words about an error, as the end of a message; empty when there are none. */
export function quoteIn(body: unknown, { provider, apiKey }: ProviderIdentity): string {
  const words = cleanWords(wordsOf(errorIn(body)) ?? '', apiKey);
  return words ? ` ${provider} answered: "${words}"` : '';
}

function errorIn(body: unknown): unknown {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const error = field(first, 'error');
  return error && error !== true ? error : (listField(first, 'errors')[0] ?? first);
}

/** The error, what stands beside it, and the error of the provider behind a gateway, which passes it on as JSON. */
function errorsIn(body: unknown): unknown[] {
  const error = errorIn(body);
  const raw = rawOf(error);
  const behind = typeof raw === 'string' ? parseJson(raw) : raw;
  return [error, ...(error === body ? [] : [body]), ...(behind ? [errorIn(behind)] : [])];
}

function rawOf(error: unknown): unknown {
  return field(field(error, 'metadata'), 'raw');
}

function codesOf(error: unknown): string[] {
  const names = ['code', 'type', 'status', 'reason'].map((name) => textField(error, name));
  const reasons = listField(error, 'details').map((detail) => textField(detail, 'reason'));
  const inner = textField(field(error, 'innererror'), 'code');
  return [...names, ...reasons, inner].filter((code) => code !== undefined && code !== 'error') as string[];
}

/** Some servers write `429 Too Many Requests`. */
export function statusIn(error: unknown): number | undefined {
  const numbers = STATUS_FIELDS.map((name) => Number.parseFloat(String(field(error, name))));
  return numbers.find((number) => Number.isInteger(number) && number >= 400 && number <= 599);
}

const STATUS_FIELDS = ['code', 'status', 'status_code', 'statusCode', 'http_code', 'http_status'];

/** Gateways put the words of the provider behind them into `metadata.raw`; FastAPI's servers theirs into `detail`. */
function wordsOf(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  const message =
    textField(error, 'message') ??
    textField(error, 'detail') ??
    detailOf(listField(error, 'detail')[0]) ??
    textField(error, 'msg') ??
    textField(error, 'error_description');
  const raw = typeof rawOf(error) === 'string' ? (rawOf(error) as string) : undefined;
  return message && raw ? `${message}: ${raw}` : (message ?? raw);
}

function detailOf(detail: unknown): string | undefined {
  const message = textField(detail, 'msg');
  const place = listField(detail, 'loc').filter((name) => typeof name === 'string' && name !== 'body');
  return message && place.length > 0 ? `${place.join('.')}: ${message}` : message;
}

function meaningOf(code: ModelErrorCode, problem: AccessProblem | undefined): string {
  return code === 'AUTH' && problem ? ACCESS[problem] : MEANINGS[code];
}

const MEANINGS: Record<ModelErrorCode, string> = {
  RATE_LIMITED:
    'rejected the request because of its rate limit. Try again later, or raise the limits of the account',
  UNAVAILABLE: 'is unavailable. Try again later',
  TRUNCATED: 'ended its answer too early. Try again',
  TIMEOUT: 'took too long. Try again',
  AUTH: 'rejected the key. Check that it is valid and may use this model, and that its account has credit',
  BAD_REQUEST: 'rejected the request. Check the model name, the base URL and the size of the request',
  REFUSED: 'refused the content. Rephrase it',
  OUTPUT_LIMIT: 'reached the limit of output tokens. Raise maxOutputTokens',
  TOOL_CALL: 'called a tool, although it was offered none. Choose another model',
};

const ACCESS: Record<AccessProblem, string> = {
  WRONG_KEY: 'rejected the key. Check that it is valid',
  NO_CREDIT: 'has no credit or quota left for the account of the key. Add credit there, or raise its limit',
  BLOCKED_REGION:
    'does not serve the region that this server is in. Use a base URL in a region that it serves, or another provider',
  NOT_ALLOWED:
    'does not let the key be used for this. Check its permissions, its allowed addresses, and that it may use this model',
};

const DAILY_QUOTA =
  'rejected the request because the quota of the day is used up. Wait until it is renewed, or raise the limits of the account';

/** Whoever waits for the answer is told at once, instead of after a retry that may come too late. */
const LONGEST_WAIT_MS = 60_000;

/** The body up to a limit. Ignores an interruption: the status is sufficient. */
export async function readStart(response: Response): Promise<string> {
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

/** The page of a proxy: its words say nothing about the request. */
const MARKUP = /^\s*</;
const MAX_BODY_CHARACTERS = 64 * 1024;

export interface ProviderIdentity {
  /** The provider's name in messages. */
  provider: string;
  apiKey: string;
}

interface ReportContext {
  status?: number;
  headers?: Headers;
  /** Whether the same request must not be repeated, whatever the code says: the server does not answer as it should. */
  permanent?: boolean;
}
