export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

export function numbered(items: readonly string[]): string {
  return items.map((item, index) => `${index + 1}. ${item}`).join('\n');
}

/** The cells must not hold a bar or a line break. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

export function quoted(titles: readonly string[]): string {
  return titles.map((title) => `“${title}”`).join(', ');
}

/** Empty without sources. */
export function sourceSection(heading: string, sources: readonly string[]): string {
  return sources.length > 0 ? `\n\n## ${heading}\n${bullets(sources)}` : '';
}
