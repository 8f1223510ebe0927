import { type LanguageModel, ModelError } from '../language-model.ts';
import { openAiChat } from './openai-chat.ts';
import { openAiResponses } from './openai-responses.ts';
import { defineProvider, type KeyedProvider } from './provider.ts';

const OPENAI = {
  title: 'OpenAI',
  description: 'OpenAI’s models.',
  baseUrl: 'https://api.openai.com/v1', // with the version, as OpenAI's own clients take it
};
const responses = defineProvider({ ...OPENAI, ...openAiResponses });
const chat = defineProvider({ ...OPENAI, ...openAiChat });

/**
 * OpenAI's models, through the Responses API. A proxy in front of them that does not know it is asked through the Chat
 * Completions API.
 */
export const openAi: KeyedProvider = {
  title: OPENAI.title,
  description: OPENAI.description,
  baseUrl: OPENAI.baseUrl,
  create(access) {
    const own = responses.create(access);
    const { baseUrl } = access;
    return baseUrl ? throughProxy(baseUrl, own, chat.create(access)) : own;
  },
};

/** What a proxy does not know is remembered for its base URL, until the process ends, once the other API answers. */
function throughProxy(baseUrl: string, own: LanguageModel, other: LanguageModel): LanguageModel {
  return {
    async *stream(request, signal) {
      let first: unknown;
      if (!withoutResponses.has(baseUrl)) {
        try {
          return yield* own.stream(request, signal);
        } catch (error) {
          if (!isUnknownApi(error)) throw error;
          first = error;
        }
      }
      try {
        for await (const part of other.stream(request, signal)) {
          if (withoutResponses.size >= MAX_REMEMBERED) withoutResponses.clear(); // users name base URLs, too
          withoutResponses.add(baseUrl);
          yield part;
        }
      } catch (error) {
        throw first !== undefined && isUnknownApi(error) ? first : error;
      }
    },
  };
}

/** Also a model that is not found: then the other API says so, too. */
function isUnknownApi(error: unknown): boolean {
  if (!(error instanceof ModelError) || error.status === undefined) return false;
  if (UNKNOWN_PATH.has(error.status)) return true;
  return (error.status === 400 || error.status === 422) && UNKNOWN_FORM.test(error.message);
}

const UNKNOWN_PATH: ReadonlySet<number> = new Set([404, 405, 501]);
/** Servers that read every path as chat completions miss the `messages`, or do not know the `input`. */
const UNKNOWN_FORM =
  /\/responses\b|\b(?:input|messages)\b.{0,40}\b(?:required|missing|unknown|unrecogni[sz]ed|unexpected|not permitted|not supported|not allowed)|\b(?:required|missing|unknown|unrecogni[sz]ed|unexpected|unsupported|extra)\b.{0,40}\b(?:input|messages)\b/i;

/** Few: base URLs come from settings. */
const withoutResponses = new Set<string>();
const MAX_REMEMBERED = 1_000;
