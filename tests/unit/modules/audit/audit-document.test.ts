import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS, type AuditDeclaration } from '../../../../src/kernel/audit/audit-actions.ts';
import { schema } from '../../../../src/transport/graphql/schema.ts';
import { rowsOf } from '../../../support/document-tables.ts';

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
    expect(rowsOf(page, '| act | meaning |')).toEqual(acts);
  });

  it('lists what every mutation records', () => {
    const rows = declared.map(([name, audit]) => [
      `\`${name}\``,
      'none' in audit! ? audit.none : audit!.map((action) => `\`${action}\``).join(', '),
    ]);
    const byName = (a: string[], b: string[]) => a[0]!.localeCompare(b[0]!);
    expect(rowsOf(page, '| mutation |').toSorted(byName)).toEqual(rows.toSorted(byName));
  });
});
