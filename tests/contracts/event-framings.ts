/**
 * The ways in which servers frame the same events. `frame` takes events as `event: …\ndata: …\n\n`, each with one line
 * of data.
 */
export const FRAMINGS: Framing[] = [
  framing('LF', (events) => events.map((event) => event.replaceAll('\r', ''))),
  framing('CRLF', (events) => lf(events).map((event) => event.replaceAll('\n', '\r\n'))),
  framing('CR', (events) => lf(events).map((event) => event.replaceAll('\n', '\r'))),
  framing('a BOM', ([first, ...rest]) => [`\uFEFF${first}`, ...rest]),
  framing('no blank after the colon', (events) =>
    events.map((event) => event.replace(/^(data|event): /gm, '$1:')),
  ),
  framing('comments first', (events) => [': ready\n\n', ...events]),
  framing('comments between', (events) => events.map((event) => `: OPENROUTER PROCESSING\n\n${event}`)),
  framing('comments inside', (events) => lf(events).map((event) => event.replace(/\n(?=data|\n)/, '\n:\n'))),
  framing('ids', (events) => events.map((event, id) => `id: ${id}\n${event}`)),
  framing('a retry time', (events) => events.map((event) => `retry: 3000\n${event}`)),
  framing('an unreadable retry time', (events) => events.map((event) => `retry: soon\n${event}`)),
  framing('unknown fields', (events) => events.map((event) => `foo: bar\nbaz\n${event}`)),
  framing('empty lines first', (events) => ['\n\n\n', ...events]),
  framing('empty data', (events) => events.map((event) => `data:\n\n${event}data: \n\n`)),
  framing('null as data', (events) => events.map((event) => `data: null\n\n${event}`)),
  framing('pings', (events) => events.map((event) => `event: ping\n\n${event}event: ping\ndata:\n\n`)),
  framing('pings with data', (events) => events.map((event) => `event: ping\ndata: {}\n\n${event}`)),
  framing('heartbeats', (events) => events.map((event) => `event: heartbeat\ndata: alive\n\n${event}`)),
  framing('keep-alives', (events) => events.map((event) => `event: keep-alive\ndata: {"at":1}\n\n${event}`)),
  framing('nameless events', (events) => events.map((event) => event.replace(/^event: .*\n/, ''))),
  framing('events named `message`', (events) =>
    events.map((event) => `event: message\n${event.replace(/^event: .*\n/, '')}`),
  ),
  framing('data on several lines', (events) =>
    lf(events).map((event) => event.replace(/^data: (.*)$/m, (line, json: string) => onLines(line, json))),
  ),
  framing('no empty line at the end', (events) => [events.join('').trimEnd(), '\n']),
  framing('no line break at the end', (events) => [events.join('').trimEnd()]),
  { ...framing('another content type', (events) => events), headers: { 'content-type': 'text/plain' } },
  {
    ...framing('the content type of JSON', (events) => events),
    headers: { 'content-type': 'application/json' },
  },
  { ...framing('no content type', (events) => events), headers: {} },
  {
    ...framing('a charset', (events) => events),
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  },
];

function framing(name: string, change: (events: string[]) => string[]): Framing {
  return { name, frame: (events) => change(events).join('') };
}

function lf(events: string[]): string[] {
  return events.map((event) => event.replaceAll('\r', ''));
}

function onLines(line: string, json: string): string {
  if (!json.startsWith('{')) return line;
  const lines = JSON.stringify(JSON.parse(json), null, 2).split('\n');
  return lines.map((each) => `data: ${each}`).join('\n');
}

interface Framing {
  name: string;
  frame: (events: string[]) => string;
  /** Default: `text/event-stream`. */
  headers?: Record<string, string>;
}
