import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS, type AuditDeclaration } from '../../../../src/kernel/audit-actions.ts';
import { schema } from '../../../../src/transport/graphql/schema.ts';

const page = fs.readFileSync('docs/audit.md', 'utf8');
const declared = Object.values(schema.getMutationType()!.getFields()).map(
  ({ name, extensions }) => [name, extensions['audit'] as AuditDeclaration | undefined] as const,
);

describe('every mutation', () => {
  it.each(declared)('%s declares the acts that it records, or says why there are none', (_name, audit) => {
    expect(audit).toBeDefined();
    if ('none' in audit!) expect(audit.none).toMatch(/\w+ \w+.*\.$/);
    else expect(audit!.filter((action) => !(action in AUDIT_ACTIONS))).toEqual([]);
  });
});

describe('docs/audit.md', () => {
  it('lists every act with its meaning', () => {
    const acts = Object.entries(AUDIT_ACTIONS).map(([name, meaning]) => [`\`${name}\``, meaning]);
    expect(rowsOf('| act | meaning |')).toEqual(acts);
  });

  it('lists what every mutation records', () => {
    const rows = declared.map(([name, audit]) => [
      `\`${name}\``,
      'none' in audit! ? audit.none : audit!.map((action) => `\`${action}\``).join(', '),
    ]);
    const byName = (a: string[], b: string[]) => a[0]!.localeCompare(b[0]!);
    expect(rowsOf('| mutation |').toSorted(byName)).toEqual(rows.toSorted(byName));
  });
});

/** The cells of the table whose header begins so. */
function rowsOf(header: string): string[][] {
  const start = page.indexOf(`\n${header}`) + 1;
  expect(start, header).toBeGreaterThan(0);
  const [table] = page.slice(start).split('\n\n');
  const lines = table!.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
