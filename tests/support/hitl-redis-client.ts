import { createHmac } from 'node:crypto';
import { Redis } from 'ioredis';

/** Another service on the Redis channels of runs: it publishes decisions, and hears those of others. */
export class HitlRedisClient {
  /** The signals that anybody published, in their order. */
  readonly heard: { sessionId: string; signal: HeardSignal }[] = [];
  readonly #secret: string;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;

  private constructor(url: string, secret: string) {
    this.#secret = secret;
    this.#publisher = new Redis(url);
    this.#subscriber = new Redis(url);
    for (const redis of [this.#publisher, this.#subscriber]) redis.on('error', () => {}); // tests stop the server
    this.#subscriber.on('pmessage', (_pattern: string, channel: string, text: string) => {
      if (!text.startsWith('{"requestId"')) return; // what tests publish to disturb
      const sessionId = channel.replace('hitl:channel:', '');
      this.heard.push({ sessionId, signal: JSON.parse(text) as HeardSignal });
    });
  }

  static async connect(url: string, secret: string): Promise<HitlRedisClient> {
    const client = new HitlRedisClient(url, secret);
    await client.#subscriber.psubscribe('hitl:channel:*');
    return client;
  }

  /** A signed message. `changed`: members that are changed after it was signed. */
  message({ comment = null, timestamp = nowSeconds(), ...fields }: Signal, changed: object = {}): string {
    const { requestId, ...others } = fields;
    const { decision, userId, tenantId } = others;
    const text = `${requestId}.${decision}.${userId}.${tenantId}.${timestamp}`;
    const signature = createHmac('sha256', this.#secret).update(text).digest('hex');
    return JSON.stringify({ requestId, ...others, comment, timestamp, signature, ...changed });
  }

  /** Returns how many subscribers got it. */
  publish(sessionId: string, message: string): Promise<number> {
    return this.#publisher.publish(`hitl:channel:${sessionId}`, message);
  }

  /** Whether a signal is signed with the secret. */
  isAuthentic({ requestId, decision, userId, tenantId, timestamp, signature }: HeardSignal): boolean {
    const text = `${requestId}.${decision}.${userId}.${tenantId}.${timestamp}`;
    return createHmac('sha256', this.#secret).update(text).digest('hex') === signature;
  }

  close(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }
}

export const nowSeconds = () => Math.floor(Date.now() / 1_000);

export interface Signal {
  requestId: string;
  decision: string;
  comment?: string | null;
  userId: string;
  tenantId: string;
  timestamp?: number;
}

export interface HeardSignal extends Required<Signal> {
  signature: string;
}
