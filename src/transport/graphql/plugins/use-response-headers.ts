import type { Plugin } from 'graphql-yoga';

/**
 * Forbids caches to store answers, which are personal, and proxies to buffer event streams. Removes the challenge of an
 * error that did not decide the status.
 */
export function useResponseHeaders(): Plugin {
  return {
    onResponse({ response: { headers, status } }) {
      const isEventStream = headers.get('content-type')?.startsWith('text/event-stream');
      headers.set('Cache-Control', isEventStream ? 'no-cache, no-store, no-transform' : 'no-store');
      if (isEventStream) headers.set('X-Accel-Buffering', 'no');
      if (status !== 401) headers.delete('WWW-Authenticate');
    },
  };
}
