import { rowId } from './ids.ts';
import type { Account } from './app.ts';

/** A frontend of the REST dialect: it reads `sub` and `tenant_id` from its token, and sends them as headers. */
export class HitlRestClient {
  readonly #baseUrl: string;
  readonly #headers: Record<string, string>;

  /** `baseUrl`: that of the server, or of a gateway that adds `/api`. */
  constructor(baseUrl: string, { token, session: { user } }: Pick<Account, 'token' | 'session'>) {
    this.#baseUrl = baseUrl;
    this.#headers = {
      authorization: `Bearer ${token}`,
      'x-tenant-id': rowId(user.tenant.id),
      'x-user-id': rowId(user.id),
      'content-type': 'application/json',
    };
  }

  approve(requestId: string, body: object = {}, headers: Record<string, string> = {}): Promise<HitlAnswer> {
    return this.#post(`/aura/hitl/approve/${requestId}`, body, headers);
  }

  reject(requestId: string, reason: string, headers: Record<string, string> = {}): Promise<HitlAnswer> {
    return this.#post(`/aura/hitl/reject/${requestId}`, { reason }, headers);
  }

  async #post(path: string, body: object, headers: Record<string, string>): Promise<HitlAnswer> {
    const userId = this.#headers['x-user-id'];
    const response = await fetch(this.#baseUrl + path, {
      method: 'POST',
      headers: { ...this.#headers, ...headers },
      body: JSON.stringify({ userId, ...body }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  }
}

export interface HitlAnswer {
  status: number;
  success?: true;
  data?: { requestId: string; sessionId: string; status: string; reason: string | null };
  error?: string;
  code?: string;
}
