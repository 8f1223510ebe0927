import type { Plugin } from 'graphql-yoga';

/** Disables buffering of event streams in proxies. */
export function useSseHeaders(): Plugin {
  return {
    onResponse({ response }) {
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
        response.headers.set('X-Accel-Buffering', 'no');
        response.headers.set('Cache-Control', 'no-cache, no-transform');
      }
    },
  };
}
