import { createGraphQLError, type Plugin } from 'graphql-yoga';

/**
 * Accepts operations as JSON only, against cross-site request forgery: a browser posts forms and plain text to other
 * origins without a CORS preflight, but requires one for JSON.
 */
export function useJsonOnly(): Plugin {
  return {
    onRequestParse({ request }) {
      const type = request.headers.get('content-type');
      const isJson = type?.split(';')[0]?.trim().toLowerCase() === 'application/json';
      const isQuery = request.method === 'GET' && type === null;
      const isOther = request.method !== 'GET' && request.method !== 'POST'; // Yoga answers 405
      if (isQuery) checkParameters(new URL(request.url).searchParams);
      if (isJson || isQuery || isOther) return;
      throw createGraphQLError('Send the operation as JSON, with `Content-Type: application/json`.', {
        extensions: { code: 'UNSUPPORTED_MEDIA_TYPE', http: { status: 415 } },
      });
    },
  };
}

function checkParameters(parameters: URLSearchParams): void {
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (!text) continue;
    try {
      JSON.parse(text);
    } catch {
      throw createGraphQLError(`The parameter \`${name}\` is not valid JSON.`, {
        extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
      });
    }
  }
}
