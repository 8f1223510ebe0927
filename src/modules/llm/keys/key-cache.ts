import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { ModelError, type LanguageModel } from '../../../core/llm/language-model.ts';
import type { KeyRoute, KeySource } from '../../../core/llm/model-router.ts';
import { KEYED_PROVIDERS, type KeyedProviderName } from '../../../core/llm/providers/registry.ts';
import type { LlmKey } from '../../../generated/prisma/client.ts';
import type { KeyHolder, Services } from '../../../kernel/context.ts';
import { UseRecorder } from '../../../kernel/use-recorder.ts';
import { KEYS_LOG } from './events.ts';
import { tryOpenKey } from './sealed-key.ts';

/**
 * The stored keys that the calls of a user may use: their own, then the tenant's; of a provider the one that was saved
 * last. Remembers the sealed keys of 200 users for 5 minutes, and forgets all of them when any key changes, in whichever
 * process: `watch` follows the log of changes. A key is opened for each call and never remembered.
 */
export class KeyCache implements KeySource<KeyHolder> {
  readonly #services: KeyServices;
  readonly #uses: UseRecorder;
  /** Promises, so that one which was begun before a change is not remembered after it. */
  readonly #keys = new LRUCache<string, Promise<KeyRoute[]>>({ max: MAX_HOLDERS, ttl: TTL_MS });
  readonly #closing = new AbortController();

  constructor(services: KeyServices) {
    this.#services = services;
    this.#uses = new UseRecorder('llm_keys', services);
  }

  keysOf(holder: KeyHolder): Promise<readonly KeyRoute[]> {
    const name = JSON.stringify([holder.tenantId, holder.userId]);
    const known = this.#keys.get(name);
    if (known) return known;
    const read = this.#read(holder);
    this.#keys.set(name, read);
    read.catch(() => {
      if (this.#keys.peek(name) === read) this.#keys.delete(name);
    });
    return read;
  }

  /** Forgets all keys after each change, until the cache is closed. */
  async watch(): Promise<void> {
    const { eventLog, followers, logger } = this.#services;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const head = (await eventLog.heads([KEYS_LOG])).get(KEYS_LOG) ?? 0;
        this.#keys.clear(); // what changed before
        for await (const _changed of followers.follow(KEYS_LOG, head, signal)) this.#keys.clear();
      } catch (error) {
        logger.warn({ err: error }, 'changes of provider keys cannot be followed; trying again');
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #read({ tenantId, userId }: KeyHolder): Promise<KeyRoute[]> {
    const keys = await this.#services.database.prisma.llmKey.findMany({
      where: { tenantId, OR: [{ ownerId: userId }, { ownerId: null }], status: { not: 'INVALID' } },
      orderBy: [{ ownerId: { sort: 'asc', nulls: 'last' } }, { savedAt: 'desc' }],
    });
    return keys.map((key) => ({
      id: `${key.id}@${key.savedAt.getTime()}`,
      provider: key.provider as KeyedProviderName,
      languageModel: this.#modelOf(key),
    }));
  }

  #modelOf(key: LlmKey): LanguageModel {
    const provider = KEYED_PROVIDERS[key.provider as KeyedProviderName];
    const { fetch } = this.#services.providerFetch;
    return {
      stream: (request, signal) => {
        this.#uses.record(key.id);
        const access = { apiKey: this.#open(key), baseUrl: key.baseUrl, fetch };
        return provider.create(access).stream(request, signal);
      },
    };
  }

  /** Errors: ModelError AUTH. */
  #open(key: LlmKey): string {
    const apiKey = tryOpenKey(this.#services, key);
    if (apiKey !== null) return apiKey;
    const whose = key.ownerId === null ? 'of your tenant' : 'of yours';
    const message = `This server cannot decrypt the ${key.provider} key ${whose}. Save it again.`;
    throw new ModelError('AUTH', message);
  }
}

const MAX_HOLDERS = 200;
const TTL_MS = 5 * 60_000;
const RETRY_MS = 1_000;

type KeyServices = Pick<
  Services,
  'database' | 'eventLog' | 'followers' | 'keyring' | 'providerFetch' | 'logger'
>;
