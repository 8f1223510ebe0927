import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Encrypts small secrets for storage with AES-256-GCM: a random nonce for each, and a context that must be the same when
 * it is opened, so that a sealed secret is worth nothing in another place.
 *
 * A sealed secret is `1.<id of the key>.<nonce, ciphertext and tag in base64url>`. Everything is sealed with the current
 * key; what the old ones have sealed can still be opened, so that the current key can be replaced while secrets are in use.
 *
 * @example
 * const sealed = keyring.seal('sk-…', ['llm-key', tenantId, rowId]);
 * keyring.open(sealed, ['llm-key', tenantId, rowId]); // 'sk-…'
 */
export class Keyring {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #currentId: string;

  /** Keys of 32 bytes. */
  constructor({ current, old = [] }: KeyringOptions) {
    this.#currentId = idOf(current);
    this.#keys = new Map([...old, current].map((key) => [idOf(key), key]));
  }

  seal(secret: string, context: SealContext): string {
    const nonce = randomBytes(NONCE_BYTES);
    const keyId = this.#currentId;
    const cipher = createCipheriv(ALGORITHM, this.#keys.get(keyId)!, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(keyId, context));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `${VERSION}.${keyId}.${Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url')}`;
  }

  /** Errors: UnsealError when the key is not on this ring, the text was changed, or it was sealed in another context. */
  open(sealed: string, context: SealContext): string {
    const [version, keyId = '', body = ''] = sealed.split('.');
    const key = this.#keys.get(keyId);
    const bytes = Buffer.from(body, 'base64url');
    if (version !== VERSION || !key || bytes.length < NONCE_BYTES + TAG_BYTES) throw new UnsealError(keyId);
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(keyId, context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (error) {
      throw new UnsealError(keyId, { cause: error });
    }
  }

  /** What every secret begins with that the current key has sealed. */
  get currentPrefix(): string {
    return `${VERSION}.${this.#currentId}.`;
  }

  /** The same for each key on the ring. */
  get prefixes(): string[] {
    return [...this.#keys.keys()].map((id) => `${VERSION}.${id}.`);
  }
}

/** A sealed secret cannot be opened. The message names the key's id and holds nothing secret. */
export class UnsealError extends Error {
  constructor(keyId: string, options?: ErrorOptions) {
    super(`a secret sealed with the key ${keyId || '(none)'} cannot be opened`, options);
    this.name = 'UnsealError';
  }
}

/** Says which key it is and nothing about it: 64 bits of a hash. */
function idOf(key: Uint8Array): string {
  return createHash('sha256').update('keyring id').update(key).digest('hex').slice(0, 16);
}

/** JSON keeps the parts apart: `['a', 'b']` and `['a,b']` differ. */
function associatedData(keyId: string, context: SealContext): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, ...context]));
}

const VERSION = '1';
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where the secret is kept, e.g. its table and the ids of its row and its owner. */
export type SealContext = readonly (string | null)[];

export interface KeyringOptions {
  current: Uint8Array;
  old?: readonly Uint8Array[];
}
