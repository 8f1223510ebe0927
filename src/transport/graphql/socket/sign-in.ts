import type { IncomingMessage } from 'node:http';
import type { Context } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { WebSocket } from 'ws';
import { withTimeLimit } from '../../../core/async/time-limit.ts';
import { AppError, UnauthenticatedError } from '../../../errors.ts';
import type { Viewer } from '../../../access/viewer.ts';
import type { Services } from '../../../kernel/context.ts';
import type { AccessWatch } from '../../../modules/auth/access-watch.ts';
import { addressKey } from '../../../core/network/address-key.ts';
import { redeemTicket } from '../../../modules/auth/tickets/tickets.ts';
import { clientOf } from '../../client.ts';
import {
  credentialsFromSocket,
  hasCredentials,
  type RequestCredentials,
  ticketOf,
} from '../../credentials.ts';
import { countRefusal, viewerOf } from '../../request-context.ts';
import type { GraphQLSettings } from '../settings.ts';
import {
  CLOSE,
  type Close,
  closeSocket,
  MAX_SOCKETS_PER_ADDRESS,
  MAX_SOCKETS_PER_USER,
  MAX_UNAUTHENTICATED_SOCKETS,
} from './close.ts';
import { Slots } from './slots.ts';

/** Signs sockets in, limits their number before and after, and closes them when access ends. */
export class SocketSignIn {
  readonly #options: SocketSignInOptions;
  readonly #unauthenticated = new Slots(MAX_UNAUTHENTICATED_SOCKETS);
  readonly #ofUsers = new Slots(MAX_SOCKETS_PER_USER);
  readonly #ofAddresses = new Slots(MAX_SOCKETS_PER_ADDRESS);
  /** Gives back the place of a socket among the unauthenticated ones. */
  readonly #places = new WeakMap<WebSocket, () => void>();

  constructor(options: SocketSignInOptions) {
    this.#options = options;
  }

  /** Whether a new socket may stay and sign in. If not, it is closed. */
  admit(socket: WebSocket, request: IncomingMessage): boolean {
    const { address } = clientOf(request, this.#options.settings.trustedProxies);
    const key = addressKey(address);
    const leaveAddress = this.#ofAddresses.take(key);
    if (!leaveAddress) return refuse(socket, CLOSE.tooManyOfAddress);
    socket.once('close', leaveAddress);
    const leave = this.#unauthenticated.take(key);
    if (!leave) return refuse(socket, CLOSE.tooManyUnauthenticated);
    this.#places.set(socket, leave);
    socket.once('close', leave);
    return true;
  }

  /** Handles `connection_init`. Returns whether the socket has signed in; if not, it is closed. */
  async signIn({ connectionParams, extra }: Socket): Promise<boolean> {
    const { socket, request } = extra;
    // A token in the URL ends up in the logs of proxies.
    const isTokenInUrlAllowed = !this.#options.settings.isProduction;
    const credentials = credentialsFromSocket(connectionParams, request, { isTokenInUrlAllowed });
    const result = await this.#authenticate(credentials, request);
    if (!('viewer' in result)) return refuse(socket, result);
    if (socket.readyState !== socket.OPEN) return false;

    const { viewer } = result;
    const leave = this.#ofUsers.take(viewer.userId);
    if (!leave) return refuse(socket, CLOSE.tooManySockets);
    this.#places.get(socket)?.();
    const unwatch = this.#options.access.watch(viewer, ({ message }) =>
      closeSocket(socket, [CLOSE.authFailed[0], message]),
    );
    socket.once('close', () => {
      leave();
      unwatch();
    });
    extra.credentials = result.credentials;
    return true;
  }

  /** Has its own time limit because graphql-ws sets none. Never throws: graphql-ws would close with a fatal code. */
  async #authenticate(credentials: RequestCredentials, request: IncomingMessage): Promise<SignedIn | Close> {
    try {
      const work = this.#identify(credentials, request);
      return await withTimeLimit(work, AUTHENTICATION_TIMEOUT_MS, CLOSE.tryAgainLater);
    } catch (error) {
      if (isRefusal(error) && !(await this.#isCounted(request))) return CLOSE.tryAgainLater;
      if (error instanceof UnauthenticatedError) return CLOSE.authFailed;
      if (error instanceof AppError && error.code === 'FORBIDDEN')
        return [CLOSE.authFailed[0], error.message];
      const { logger } = this.#options.services;
      if (!(error instanceof AppError)) logger.error({ err: error }, 'WebSocket authentication failed');
      return CLOSE.tryAgainLater;
    }
  }

  /** False when the address has been refused too often. */
  #isCounted(request: IncomingMessage): Promise<boolean> {
    const { services, settings } = this.#options;
    return countRefusal(services, clientOf(request, settings.trustedProxies)).then(
      () => true,
      () => false,
    );
  }

  async #identify(credentials: RequestCredentials, request: IncomingMessage): Promise<SignedIn | Close> {
    const { services } = this.#options;
    const ticket = hasCredentials(credentials) ? null : ticketOf(request);
    const grant = ticket === null ? undefined : await redeemTicket(services.database.sql, ticket);
    const complete = { ...credentials, grant };
    const viewer = await viewerOf(services, complete, 'NOW');
    return viewer ? { viewer, credentials: complete } : CLOSE.authRequired;
  }
}

/** Clients often fetch a fresh token after the socket has opened and before they send `connection_init`. */
export const CONNECTION_INIT_TIMEOUT_MS = 10_000;
const AUTHENTICATION_TIMEOUT_MS = 5_000;

function isRefusal(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN');
}

function refuse(socket: WebSocket, close: Close): false {
  closeSocket(socket, close);
  return false;
}

export interface SocketSignInOptions {
  services: Services;
  access: AccessWatch;
  settings: Pick<GraphQLSettings, 'trustedProxies' | 'isProduction'>;
}

interface SignedIn {
  viewer: Viewer;
  credentials: RequestCredentials;
}

export type Socket = Context<Record<string, unknown>, Extra & Partial<SocketState>>;

export interface SocketState extends Record<PropertyKey, unknown> {
  credentials: RequestCredentials;
  /** Resolves when the latest operation may start. */
  lastTurn?: Promise<unknown>;
}
