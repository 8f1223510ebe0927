import fs from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import {
  type OperationName,
  OPERATIONS,
  OPERATOR_TENANT_ID,
  PERMISSIONS,
  permissionsOf,
  type Permission,
  type Requirement,
  requirementOf,
  ROUTES,
} from '../src/access/permissions.ts';
import { FIELDS, PARTS, type Reader, READERS, VISIBILITY } from '../src/access/visibility.ts';

/** `npm run docs`: prints the tables of `src/access` into docs/permissions.md. */
if (import.meta.main) fs.writeFileSync(pagePath(), await printedPage());

/** The page with its tables as they are now. */
export async function printedPage(): Promise<string> {
  const page = fs.readFileSync(pagePath(), 'utf8');
  const printed = Object.entries(tables()).reduce(
    (text, [name, table]) => text.replace(sectionOf(name), `$1\n\n${table}\n\n$2`),
    page,
  );
  return format(printed, { ...(await resolveConfig(pagePath())), parser: 'markdown' });
}

function tables(): Record<string, string> {
  return { roles: roles(), operations: operations(), routes: routes(), objects: objects(), fields: fields() };
}

function roles(): string {
  const columns = ['ADMIN', 'USER', 'GUEST'] as const;
  const cell = (permission: Permission, role: (typeof columns)[number]) => {
    if (permissionsOf({ role, tenantId: 'any' }).has(permission)) return 'yes';
    return permissionsOf({ role, tenantId: OPERATOR_TENANT_ID }).has(permission) ? 'operator' : '';
  };
  return table(
    ['permission', ...columns],
    PERMISSIONS.map((permission) => [permission, ...columns.map((role) => cell(permission, role))]),
  );
}

function operations(): string {
  const requirements: readonly Requirement[] = ['PUBLIC', 'SIGNED_IN', 'PERSON', ...PERMISSIONS];
  return table(
    ['requires', 'operations'],
    requirements.map((required) => [required, codes(namesWith(required))]),
  );
}

function routes(): string {
  return table(
    ['route', 'requires'],
    Object.entries(ROUTES).map(([route, required]) => [`\`${route}\``, required]),
  );
}

function objects(): string {
  const wholes = Object.entries(VISIBILITY).map(([type, { seenBy, changedBy = [] }]) => [
    `\`${type}\``,
    described(Object.keys(seenBy) as Reader[]),
    described(changedBy),
  ]);
  const parts = Object.entries({ ...PARTS, Checkpoint: PARTS.StepExecution }).map(([type, [, whole]]) => [
    `\`${type}\``,
    `as its \`${whole}\``,
    `as its \`${whole}\``,
  ]);
  return table(['type', 'is seen by', 'is changed by'], [...wholes, ...parts]);
}

function fields(): string {
  return table(
    ['field', 'is seen by'],
    Object.entries(FIELDS).map(([field, readers]) => [`\`${field}\``, described(readers)]),
  );
}

function described(readers: readonly Reader[]): string {
  return readers.map((reader) => READERS[reader].description).join('; ');
}

function namesWith(required: Requirement): string[] {
  return Object.keys(OPERATIONS).filter((name) => requirementOf(name as OperationName) === required);
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What stands between the two marks of a table. */
function sectionOf(name: string): RegExp {
  return new RegExp(`(<!-- ${name} -->)[^]*?(<!-- end -->)`);
}

function pagePath(): string {
  return path.resolve(import.meta.dirname, '../docs/permissions.md');
}
