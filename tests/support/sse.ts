/** The events of a `text/event-stream` response, without comments. */
export async function* readEvents(
  response: Response,
): AsyncGenerator<{ event: string; data: string; id?: string }> {
  if (!response.body) return;
  let buffer = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffer += chunk;
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line && !line.startsWith(':'));
      if (lines.length > 0) yield parseEvent(lines);
    }
  }
}

function parseEvent(lines: string[]): { event: string; data: string; id?: string } {
  const values = (field: string) =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  return { event: values('event')[0] ?? 'message', data: values('data').join('\n'), id: values('id')[0] };
}
