import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** For a file or a describe: a real HTTP server that publishes a key set, and the keys that sign for it. */
export function testIssuer(): TokenIssuer {
  const issuer = new TokenIssuer();
  beforeAll(() => issuer.listen());
  afterAll(() => issuer.close());
  return issuer;
}

export class TokenIssuer {
  /** The keys that are published now. */
  keys: SigningKey[] = [signingKey('RS256'), signingKey('ES256'), signingKey('EdDSA')];
  /** Answers in place of the key set. */
  answer: RequestListener | null = null;
  /** How often the key set has been asked for. */
  requests = 0;

  readonly #server = createServer((request, response) => {
    this.requests += 1;
    if (this.answer) {
      this.answer(request, response);
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) }));
  });

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Exists during tests and hooks. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  key(algorithm: SigningKey['algorithm']): SigningKey {
    return this.keys.find((key) => key.algorithm === algorithm)!;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export function signingKey(algorithm: SigningKey['algorithm'], kid: string = randomUUID()): SigningKey {
  const { privateKey, publicKey } = keyPair(algorithm);
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
  return { algorithm, kid, privateKey, publicKey, jwk };
}

function keyPair(algorithm: SigningKey['algorithm']): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2_048 });
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('ed25519');
}

export interface SigningKey {
  algorithm: 'RS256' | 'ES256' | 'EdDSA';
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  jwk: Record<string, unknown>;
}
