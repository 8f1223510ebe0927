import { field } from './field.ts';
import { readStart } from './provider-error.ts';

/**
 * Sends a request. A server that refuses one of the parameters below, by a 400 or 422 that names it, is asked again
 * without it or by its older name. What it refuses is remembered, for its address and the model, until the process ends.
 */
export async function sendAccepted(address: string, body: unknown, send: Send): Promise<Response> {
  const parsed = typeof body === 'string' ? (JSON.parse(body) as Body) : undefined;
  if (!parsed) return send(undefined);
  const key = `${address} ${String(parsed['model'])}`;
  let changes = remembered.get(key) ?? [];
  while (true) {
    const accepted = changes.reduce((all, { change }) => change(all), parsed);
    const response = await send(JSON.stringify(accepted));
    if (response.ok && changes !== remembered.get(key) && changes.length > 0) remember(key, changes);
    if (response.status !== 400 && response.status !== 422) return response;
    const words = await readStart(response);
    const refused = PARAMETERS.find((each) => !changes.includes(each) && each.isRefused(accepted, words));
    const { status, headers } = response;
    if (!refused) return new Response(words, { status, headers });
    changes = [...changes, refused];
  }
}

/** The oldest entry leaves when the memory is full: its server is asked once more. */
function remember(key: string, changes: readonly Parameter[]): void {
  remembered.delete(key);
  if (remembered.size >= MAX_REMEMBERED) remembered.delete([...remembered.keys()][0] ?? key);
  remembered.set(key, changes);
}

const remembered = new Map<string, readonly Parameter[]>();
const MAX_REMEMBERED = 1_000;

/** Words of a refusal. A value that is only too large is no refusal: without the parameter it would cost more. */
const REFUSAL =
  /unsupported|not (?:yet )?support|n't support|unknown|unrecogni[sz]ed|not recogni[sz]ed|unexpected|not permitted|not allowed|forbidden|invalid (?:parameter|argument|field|property)|additional propert|cannot find field/i;

const PARAMETERS: readonly Parameter[] = [
  {
    // The limit by its other name. Who refuses the older name tells the newer one.
    isRefused: (body, words) =>
      words.includes('max_completion_tokens') &&
      ('max_completion_tokens' in body || names(body, 'max_tokens', words)) &&
      REFUSAL.test(words),
    change: ({ max_tokens: older, max_completion_tokens: newer, ...rest }) =>
      older === undefined ? { ...rest, max_tokens: newer } : { ...rest, max_completion_tokens: older },
  },
  {
    isRefused: (body, words) => names(body, 'stream_options', words) && REFUSAL.test(words),
    change: (body) => without(body, 'stream_options'),
  },
  {
    // First the schema is left out, then the whole parameter. The prompt describes the form in words, too.
    isRefused: ({ response_format: format }, words) =>
      field(format, 'type') === 'json_schema' && /response_format|json_schema/.test(words),
    change: (body) => ({ ...body, response_format: { type: 'json_object' } }),
  },
  {
    isRefused: (body, words) => names(body, 'response_format', words),
    change: (body) => without(body, 'response_format'),
  },
  {
    isRefused: ({ text }, words) =>
      field(field(text, 'format'), 'type') === 'json_schema' && /text\.format|json_schema/.test(words),
    change: (body) => ({ ...body, text: { format: { type: 'json_object' } } }),
  },
  {
    isRefused: ({ text }, words) => text !== undefined && /text\.format|json_object/.test(words),
    change: (body) => without(body, 'text'),
  },
  // How much the model is to think.
  {
    isRefused: (body, words) => names(body, 'reasoning_effort', words) && REFUSAL.test(words),
    change: (body) => without(body, 'reasoning_effort'),
  },
  {
    isRefused: (body, words) => names(body, 'reasoning', words) && REFUSAL.test(words),
    change: (body) => without(body, 'reasoning'),
  },
  {
    isRefused: (body, words) => names(body, 'thinking', words) && REFUSAL.test(words),
    change: (body) => without(body, 'thinking'),
  },
  {
    isRefused: ({ output_config }, words) =>
      field(output_config, 'effort') !== undefined && /\beffort\b/.test(words) && REFUSAL.test(words),
    change: ({ output_config, ...rest }) => ({
      ...rest,
      output_config: without(output_config as Body, 'effort'),
    }),
  },
  {
    isRefused: (body, words) => names(body, 'output_config', words) && REFUSAL.test(words),
    change: (body) => without(body, 'output_config'),
  },
  {
    isRefused: ({ generationConfig }, words) =>
      field(generationConfig, 'thinkingConfig') !== undefined &&
      /thinking/i.test(words) &&
      REFUSAL.test(words),
    change: ({ generationConfig, ...rest }) => ({
      ...rest,
      generationConfig: without(generationConfig as Body, 'thinkingConfig'),
    }),
  },
];

function names(body: Body, parameter: string, words: string): boolean {
  return parameter in body && words.includes(parameter);
}

function without(body: Body, parameter: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== parameter));
}

interface Parameter {
  /** Whether `words`, the answer to `body`, refuse the parameter. */
  isRefused: (body: Body, words: string) => boolean;
  /** The body without it. */
  change: (body: Body) => Body;
}

type Body = Record<string, unknown>;
type Send = (body: string | undefined) => Promise<Response>;
