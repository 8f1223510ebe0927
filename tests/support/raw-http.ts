import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

/** One HTTP request as it is: fetch would refuse some of these headers, and repeats none. A list repeats a header. */
export async function rawRequest(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: OutgoingHttpHeaders; body?: string } = {},
): Promise<RawResponse> {
  const sent = request(url, { method, headers, agent: false });
  sent.end(body);
  const [response] = (await Promise.race([once(sent, 'response'), once(sent, 'upgrade')])) as [
    IncomingMessage,
  ];
  const received = response.headers.upgrade ? '' : await text(response);
  if (response.headers.upgrade) response.socket.destroy();
  return { status: response.statusCode!, headers: response.headers, body: received };
}

/** Sends bytes that may be no HTTP at all, and returns everything that the server sends before it closes. */
export async function rawBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const connection = createConnection(Number(port), hostname);
  connection.on('error', () => {}); // the server may close before it has read everything
  connection.write(bytes);
  return text(connection);
}

export interface RawResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
