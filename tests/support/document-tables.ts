import { expect } from 'vitest';

/** The cells of the table of a document whose header begins so. */
export function rowsOf(document: string, header: string): string[][] {
  const start = document.indexOf(`\n${header}`) + 1;
  expect(start, header).toBeGreaterThan(0);
  const [table] = document.slice(start).split('\n\n');
  const lines = table!.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
