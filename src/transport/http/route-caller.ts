import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorizeRoute } from '../../access/authorize.ts';
import type { ProtectedRoute, RateClass } from '../../access/permissions.ts';
import type { Viewer } from '../../access/viewer.ts';
import type { NetworkList } from '../../core/network/address.ts';
import { type AppError, UnauthenticatedError, ValidationError } from '../../errors.ts';
import type { Context, Services } from '../../kernel/context.ts';
import { clientOf } from '../client.ts';
import { credentialsFromHeaders } from '../credentials.ts';
import { headersOf, routeStatusOf } from '../error-status.ts';
import { NO_REFRESH_COOKIE } from '../refresh-cookie.ts';
import { createContext } from '../request-context.ts';

/**
 * Who calls a route that is not public, with the context for its use case. Counts the request, as an operation is.
 * Errors: RATE_LIMITED; UNAUTHENTICATED; FORBIDDEN; SERVICE_UNAVAILABLE.
 */
export async function callerOf(
  services: Services,
  { trustedProxies }: RouteSettings,
  { path, rateClass, request, requestId }: RouteRequest,
): Promise<{ viewer: Viewer; context: Context }> {
  const origin = {
    requestId,
    client: clientOf(request, trustedProxies),
    credentials: credentialsFromHeaders(request.headers),
    refreshCookie: NO_REFRESH_COOKIE,
  };
  const context = await createContext(services, origin, 'NOW');
  await services.rateLimiter.take(context, new Map([[rateClass, 1]]));
  return { viewer: authorizeRoute(context, path), context };
}

/** Answers with an error, as JSON, and with more members that a route has for it. */
export function answerError(response: ServerResponse, error: AppError, more: object = {}): void {
  response.writeHead(routeStatusOf(error.code), { 'Content-Type': 'application/json', ...headersOf(error) });
  const { message, code } = error;
  const reason = error instanceof UnauthenticatedError ? error.reason : undefined;
  const issues = error instanceof ValidationError ? error.issues : undefined;
  response.end(JSON.stringify({ error: message, code, reason, issues, ...more }));
}

export interface RouteSettings {
  /** Proxies whose forwarded headers are believed. */
  trustedProxies: NetworkList;
}

interface RouteRequest {
  path: ProtectedRoute;
  rateClass: RateClass;
  request: IncomingMessage;
  requestId: string;
}
