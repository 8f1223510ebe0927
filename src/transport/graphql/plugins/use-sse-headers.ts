import type { Plugin } from 'graphql-yoga';

/** Asks proxies to pass events on as they come. */
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
