import { field, listField } from './field.ts';
import { readStart } from './provider-error.ts';

/**
 * Sends a request. A server that refuses one of the parameters below, by an error that names it, is asked again without it
 * or by its older name. What it refuses is remembered, for its address and the model, until the process ends.
 */
export async function sendAccepted(address: string, body: unknown, send: Send): Promise<Response> {
  const parsed = typeof body === 'string' ? (JSON.parse(body) as Body) : undefined;
  if (!parsed) return send(undefined);
  const key = `${address} ${String(parsed['model'])}`;
  const refused = new Set(remembered.get(key));
  const known = refused.size;
  while (true) {
    const accepted = withoutRefused(parsed, refused, address);
    const response = await send(JSON.stringify(accepted));
    if (response.ok && refused.size > known) remember(key, refused);
    const { status, headers } = response;
    if (!REFUSING_STATUSES.has(status)) return response;
    const words = await readStart(response);
    const next = (status === 500 ? FORMS : PARAMETERS).find(
      (each) => !refused.has(each) && each.isIn(accepted, address) && each.isRefused(words, accepted),
    );
    if (!next) return new Response(words, { status, headers });
    refused.add(next);
  }
}

/** Calls of other kinds have other parameters: a text is not asked for as JSON because JSON with a schema was refused. */
function withoutRefused(body: Body, refused: ReadonlySet<Parameter>, address: string): Body {
  return PARAMETERS.filter((each) => refused.has(each)).reduce(
    (changed, { isIn, change }) => (isIn(changed, address) ? change(changed) : changed),
    body,
  );
}

/**
 * Adds to what other calls have learned meanwhile. The oldest entry leaves when the memory is full: its server is asked
 * once more.
 */
function remember(key: string, refused: ReadonlySet<Parameter>): void {
  const all = new Set([...(remembered.get(key) ?? []), ...refused]);
  remembered.delete(key);
  if (remembered.size >= MAX_REMEMBERED) remembered.delete([...remembered.keys()][0] ?? key);
  remembered.set(key, all);
}

const remembered = new Map<string, ReadonlySet<Parameter>>();
const MAX_REMEMBERED = 1_000;

/** 500 only over the form of the answer: some servers fail when they cannot compile its schema. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 422, 500]);

/** Words of a refusal. A value that is only too large is no refusal: without the parameter it would cost more. */
const REFUSAL =
  /unsupported|not (?:yet )?support|n't support|unknown|unrecogni[sz]ed|not recogni[sz]ed|unexpected|not permitted|not allowed|not enabled|forbidden|invalid (?:parameter|argument|field|property|reasoning|think)|additional propert|cannot find field/i;

/** Words about the form of an answer. Servers make a grammar of a schema, and say so when they cannot. */
const FORM = /response_format|text\.format|json_(?:schema|object)|schema|grammar/i;

/** The schema is left out first, then the whole JSON mode: the prompt describes the form, too. */
const FORMS: readonly Parameter[] = [
  {
    isIn: ({ response_format: format }) => field(format, 'type') === 'json_schema',
    isRefused: (words) => FORM.test(words),
    change: (body) => ({ ...body, response_format: { type: 'json_object' } }),
  },
  {
    isIn: ({ response_format: format }) => field(format, 'type') === 'json_object',
    isRefused: (words) => FORM.test(words),
    change: (body) => without(body, 'response_format'),
  },
  {
    isIn: ({ text }) => field(field(text, 'format'), 'type') === 'json_schema',
    isRefused: (words) => FORM.test(words),
    change: (body) => ({ ...body, text: { format: { type: 'json_object' } } }),
  },
  {
    isIn: ({ text }) => field(field(text, 'format'), 'type') === 'json_object',
    isRefused: (words) => FORM.test(words),
    change: (body) => without(body, 'text'),
  },
  leftOutOf('output_config', 'format', /output_config\.format|schema|grammar/i, /./),
  leftOutOf('generationConfig', 'responseJsonSchema', /schema/i, /./),
];

/** Changes are made in this order. */
const PARAMETERS: readonly Parameter[] = [
  {
    // The limit by its other name. Who refuses the older name tells the newer one.
    isIn: (body) => 'max_tokens' in body || 'max_completion_tokens' in body,
    isRefused: (words, body) =>
      words.includes('max_completion_tokens') &&
      ('max_completion_tokens' in body || words.includes('max_tokens')) &&
      REFUSAL.test(words),
    change: ({ max_tokens: older, max_completion_tokens: newer, ...rest }) =>
      older === undefined ? { ...rest, max_tokens: newer } : { ...rest, max_completion_tokens: older },
  },
  leftOut('stream_options'),
  ...FORMS,
  // How much the model is to think.
  leftOut('reasoning_effort', /reasoning|\bthink/i),
  leftOut('reasoning'),
  leftOut('thinking'),
  leftOutOf('output_config', 'effort', /\beffort\b/),
  leftOut('output_config'),
  leftOutOf('generationConfig', 'thinkingConfig', /thinking/i),
  {
    // Google takes a schema only beside the JSON mode.
    ...leftOutOf('generationConfig', 'responseMimeType', /response_?mime_?type|json mode/i),
    change: ({ generationConfig, ...rest }) => ({
      ...rest,
      generationConfig: without(generationConfig as Body, 'responseMimeType', 'responseJsonSchema'),
    }),
  },
  {
    isIn: ({ system }) => Array.isArray(system) && system.some((block) => field(block, 'cache_control')),
    isRefused: (words) => words.includes('cache_control') && REFUSAL.test(words),
    change: (body) => ({
      ...body,
      system: listField(body, 'system').map((block) => without(block as Body, 'cache_control')),
    }),
  },
  {
    // OpenAI itself is never asked to keep what it is sent.
    ...leftOut('store'),
    isIn: (body, address) => 'store' in body && !OPENAI_HOST.test(new URL(address).hostname),
  },
];

const OPENAI_HOST = /(?:^|\.)openai\.com$/;

/** `isNamed`: the words of servers for the parameter. */
function leftOut(name: string, isNamed = new RegExp(name)): Parameter {
  return {
    isIn: (body) => name in body,
    isRefused: (words) => isNamed.test(words) && REFUSAL.test(words),
    change: (body) => without(body, name),
  };
}

/** The same of a parameter in another one. */
function leftOutOf(parent: string, name: string, isNamed: RegExp, refusal = REFUSAL): Parameter {
  return {
    isIn: (body) => field(body[parent], name) !== undefined,
    isRefused: (words) => isNamed.test(words) && refusal.test(words),
    change: (body) => ({ ...body, [parent]: without(body[parent] as Body, name) }),
  };
}

function without(body: Body, ...parameters: string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !parameters.includes(name)));
}

interface Parameter {
  /** Whether the body has it, so that it can be refused. */
  isIn: (body: Body, address: string) => boolean;
  /** Whether `words`, the answer to `body`, refuse it. */
  isRefused: (words: string, body: Body) => boolean;
  /** The body without it. */
  change: (body: Body) => Body;
}

type Body = Record<string, unknown>;
type Send = (body: string | undefined) => Promise<Response>;
