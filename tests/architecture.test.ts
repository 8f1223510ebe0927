import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { circlesIn, type Import, importsOf, readSources } from '../tools/imports.ts';

/** Each layer with the layers that it may import besides itself. All layers except core may import `errors.ts`. */
const LAYERS: Record<Layer, readonly Layer[]> = {
  // The process and the operator's commands, which create what they need before the app exists.
  entry: ['app', 'build', 'config', 'transport', 'schemas', 'modules', 'schema-kit', 'infra', 'errors'],
  app: ['build', 'config', 'transport', 'modules', 'kernel', 'core', 'infra', 'errors'],
  build: ['config', 'transport', 'offline', 'modules', 'kernel', 'access', 'core', 'infra', 'errors'],
  transport: ['schemas', 'modules', 'schema-kit', 'kernel', 'access', 'core', 'errors'],
  offline: ['modules', 'kernel', 'core', 'errors'],
  // The schema.ts and *-schema.ts of the modules: their GraphQL types.
  schemas: ['modules', 'schema-kit', 'kernel', 'access', 'core', 'errors'],
  modules: ['kernel', 'access', 'core', 'errors'],
  'schema-kit': ['kernel', 'access', 'core', 'errors'],
  kernel: ['access', 'core', 'errors'],
  access: ['errors'],
  infra: ['core', 'errors'],
  core: [],
  config: ['core', 'errors'],
  errors: [],
};

/** Lower modules first. A module imports only modules of the lines above its own; they reach it through jobs and events. */
const MODULES: readonly (readonly string[])[] = [
  ['audit'],
  ['auth', 'limits'],
  ['llm'],
  ['usage', 'designs'],
  ['templates', 'conversations', 'approvals'],
  ['pipelines'],
  ['discussion'],
];

/**
 * Files of a module that higher modules may import besides its service, policy, errors, events and schemas. All files
 * of `designs` are public because they are pure. Those of `usage` are public because a payment runs in the payer's
 * transaction.
 */
const PUBLIC_FILES: Record<string, readonly string[]> = {
  usage: ['budget.ts', 'ledger.ts', 'metered-call.ts', 'open-calls.ts', 'quota.ts', 'usage-notices.ts'],
  templates: ['filled-prompt.ts', 'inputs.ts', 'loaders.ts', 'words.ts'],
  conversations: ['loaders.ts', 'replies.ts', 'snapshot.ts'],
  approvals: ['decision.ts', 'expiry.ts', 'subject.ts'],
};

const RULES: readonly Rule[] = [
  {
    text: 'imports go one way: main → app → build → transport, offline → modules → schema-kit → kernel → access, core; cli.ts stands beside app.ts; infra is built in build; errors imports nothing',
    forbids: ({ file, target, isTypeOnly }) => {
      const [from, to] = [layerOf(file), layerOf(target)];
      if (!from || !to || from === to || LAYERS[from].includes(to)) return false;
      // A type import loads no code; it only describes a parameter.
      return !(isTypeOnly && to === 'infra' && from !== 'core');
    },
  },
  {
    text: 'what is generated is known everywhere but in core',
    forbids: ({ file, target }) => layerOf(file) === 'core' && target.startsWith('src/generated/'),
  },
  {
    text: 'GraphQL and its libraries are known to transport, to the schema kit and to the schemas of modules only',
    forbids: ({ file, target }) =>
      GRAPHQL_PACKAGE.test(target) &&
      !['entry', 'transport', 'schema-kit', 'schemas'].includes(layerOf(file) ?? ''),
  },
  {
    text: 'a module uses lower modules only, and of them the service, the policy, the errors, the events, the schemas and what PUBLIC_FILES lists',
    forbids: ({ file, target }) => {
      const [from, to] = [moduleOf(file), moduleOf(target)];
      if (!from || !to || from === to) return false;
      return levelOf(to) >= levelOf(from) || !isShown(target, file);
    },
  },
  {
    text: 'LangGraph is known to the graph of a run only',
    forbids: ({ file, target }) =>
      target.startsWith('@langchain/') && file !== 'src/modules/pipelines/run/graph.ts',
  },
  {
    text: 'the engine of the discussion is pure: it knows neither its worker nor its schema',
    forbids: ({ file, target }) =>
      file.startsWith('src/modules/discussion/engine/') &&
      moduleOf(target) === 'discussion' &&
      !target.startsWith('src/modules/discussion/engine/') &&
      target !== 'src/modules/discussion/errors.ts',
  },
];

describe('the imports of src', () => {
  const sources = readSources(['src']);
  const imports = sources.flatMap(importsOf);

  it('follow the rules', () => {
    expect(imports.flatMap(violations)).toEqual([]);
  });

  it('are of files that each belong to a layer', () => {
    expect(sources.map(({ file }) => file).filter((file) => !layerOf(file))).toEqual([]);
    expect(['src/helpers/strings.ts', 'src/index.ts', 'src/generated/enums.ts'].map(layerOf)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('contain no cycle', () => {
    expect(circlesIn(imports)).toEqual([]);
  });

  it('come from the file that defines the symbol: there are no re-exports', () => {
    const again = sources.filter(({ text }) => /^export\s[^'"`;=(]*\sfrom\s|^export \*/m.test(text));
    expect(again.map(({ file }) => file)).toEqual([]);
  });

  it('list every module in the order, and every public file is imported', () => {
    const modules = sources.flatMap(({ file }) => moduleOf(file) ?? []);
    expect(modules.filter((name) => levelOf(name) < 0)).toEqual([]);
    const used = new Set(
      imports.filter(({ file, target }) => moduleOf(file) !== moduleOf(target)).map(({ target }) => target),
    );
    const shown = Object.entries(PUBLIC_FILES).flatMap(([name, files]) =>
      files.map((file) => `src/modules/${name}/${file}`),
    );
    expect(shown.filter((file) => !used.has(file))).toEqual([]);
  });

  it.each([
    ['src/app.ts', 'src/main.ts'],
    ['src/build/llm.ts', 'src/app.ts'],
    ['src/core/llm/model-router.ts', 'src/infra/logger.ts'],
    ['src/core/llm/model-router.ts', 'src/modules/usage/service.ts'],
    ['src/core/llm/model-router.ts', 'src/errors.ts'],
    ['src/core/sql.ts', 'src/generated/prisma/enums.ts'],
    ['src/errors.ts', 'src/core/sql.ts'],
    ['src/transport/graphql/server.ts', 'src/infra/database.ts'],
    ['src/schema-kit/builder.ts', 'src/transport/cors.ts'],
    ['src/schema-kit/builder.ts', 'src/modules/auth/accounts/service.ts'],
    ['src/infra/jobs.ts', 'src/config/config.ts'],
    ['src/access/permissions.ts', 'src/kernel/context.ts'],
    ['src/kernel/input.ts', 'src/modules/auth/accounts/service.ts'],
    ['src/kernel/input.ts', 'src/schema-kit/builder.ts'],
    ['src/kernel/input.ts', 'graphql'],
    ['src/modules/auth/accounts/service.ts', 'src/app.ts'],
    ['src/modules/auth/accounts/service.ts', 'src/infra/database.ts'],
    ['src/modules/auth/accounts/service.ts', 'src/schema-kit/builder.ts'],
    ['src/modules/auth/accounts/service.ts', 'graphql-yoga'],
    ['src/modules/auth/accounts/service.ts', '@pothos/core'],
    ['src/modules/auth/accounts/service.ts', 'src/modules/usage/service.ts'],
    ['src/modules/usage/schema.ts', 'src/modules/designs/schema.ts'],
    ['src/modules/approvals/service.ts', 'src/modules/conversations/service.ts'],
    ['src/modules/pipelines/run/execute-run.ts', 'src/modules/auth/sessions/sessions.ts'],
    ['src/modules/pipelines/run/execute-run.ts', 'src/offline/agents/script.ts'],
    ['src/modules/pipelines/run/execute-run.ts', '@langchain/langgraph'],
    ['src/modules/discussion/engine/turn.ts', 'src/modules/discussion/worker/claimed-reply.ts'],
  ])('the rules forbid %s to import %s', (file, target) => {
    expect(violations({ file, target, isTypeOnly: false })).not.toEqual([]);
  });

  it('are found in every syntax', () => {
    const text = [
      "import fs from 'node:fs';",
      "import './a.ts';",
      "import {\n  b,\n} from '../b.ts';",
      "import type { C } from './c.ts';",
      "export * from './d.ts';",
      "const e = await import('./e.ts');",
      "// import './not-this.ts'",
    ].join('\n');
    expect(
      importsOf({ file: 'src/x/y.ts', text }).map(({ target, isTypeOnly }) => [target, isTypeOnly]),
    ).toEqual([
      ['node:fs', false],
      ['src/x/a.ts', false],
      ['src/b.ts', false],
      ['src/x/c.ts', true],
      ['src/x/d.ts', false],
      ['src/x/e.ts', false],
    ]);
  });
});

describe('the sources', () => {
  const sources = readSources(['src', 'tests', 'demo']);

  it('read the environment only in src/config', () => {
    expect(filesWith(/\bprocess\.(env|loadEnvFile)\b|from 'node:process'/, 'src')).toEqual([
      'src/config/config.ts',
    ]);
  });

  it('open connections to Postgres and Redis only in infra', () => {
    const clients = filesWith(/\bnew (PrismaClient|PgBoss|Redis|pg\.\w+|\w*Pool)\(/, 'src');
    expect(clients.length).toBeGreaterThan(2);
    expect(clients.filter((file) => layerOf(file) !== 'infra')).toEqual([]);
  });

  it('access the tables of core only through core', () => {
    const client = new RegExp(`\\bprisma\\.(${CORE_MODELS.join('|')})\\.\\w+\\(`);
    const outside = (pattern: RegExp) =>
      filesWith(pattern, 'src/').filter((file) => !/^src\/(core|generated)\//.test(file));
    expect(filesWith(CORE_STATEMENT, 'src/core/').length).toBeGreaterThan(2);
    expect([...outside(CORE_STATEMENT), ...outside(client)]).toEqual([]);
  });

  it('make JSON for SQL only with storableJson', () => {
    const inSql = filesWith(/\bsql(<[^>]*>)?\(|jsonb/, 'src/').filter(
      (file) => !file.includes('/generated/'),
    );
    expect(filesWith(/storableJson\(/, 'src/').length).toBeGreaterThan(3);
    expect(filesWith(/JSON\.stringify\(/, 'src/').filter((file) => inSql.includes(file))).toEqual([
      'src/kernel/idempotency.ts', // hashes it
      'src/modules/auth/issuers/issuer-authenticator.ts', // reads it back itself
    ]);
  });

  it.each([
    ['SELECT 1 FROM claims', true],
    ['delete from events where seq = 1', true],
    ['update "spending_accounts" set held = 0', true],
    ['INSERT INTO public.event_logs', true],
    ['insert into "public"."event_logs"', true],
    ['truncate only spending_holds', true],
    ['SELECT 1 FROM claims_of_mine', false],
    ['the events from events.ts', false],
  ])('access a table of core with %j: %s', (text, expected) => {
    expect(CORE_STATEMENT.test(text)).toBe(expected);
  });

  it('export by name; only tools are configured by a default export', () => {
    const tools = [
      'tests/browser/vitest.config.ts',
      'tests/support/global-setup.ts',
      'tests/support/leaking/vitest.config.ts',
    ];
    expect(filesWith(/^export default\b|\bas default\b/m).filter((file) => !tools.includes(file))).toEqual(
      [],
    );
  });

  it('use no domain word in core', () => {
    const words = /conversation|pipeline|tenant|approval|discussion|proposal|graphql|prisma/i;
    const found = sources
      .filter(({ file }) => file.startsWith('src/core/'))
      .flatMap(({ file, text }) => namesIn(text).map((name) => `${file}: ${name}`))
      .filter((name) => words.test(name));
    expect(found).toEqual([]);
  });

  function filesWith(pattern: RegExp, folder = ''): string[] {
    return sources
      .filter(({ file, text }) => file.startsWith(folder) && pattern.test(text))
      .map(({ file }) => file);
  }
});

function violations(edge: Import): string[] {
  return RULES.filter(({ forbids }) => forbids(edge)).map(
    ({ text }) => `${edge.file} imports ${edge.target}, but ${text}`,
  );
}

function layerOf(file: string): Layer | null {
  if (!file.startsWith('src/')) return null;
  const [, first = '', second] = file.split('/');
  if (isSchema(file)) return 'schemas';
  if (first === 'commands') return 'entry';
  if (second) return first in LAYERS ? (first as Layer) : null; // generated/ is no layer
  return TOP_FILES[first] ?? null;
}

const TOP_FILES: Record<string, Layer> = {
  'main.ts': 'entry',
  'cli.ts': 'entry',
  'app.ts': 'app',
  'errors.ts': 'errors',
};

function moduleOf(file: string): string | null {
  return /^src\/modules\/([^/]+)\//.exec(file)?.[1] ?? null;
}

function levelOf(name: string): number {
  return MODULES.findIndex((level) => level.includes(name));
}

function isSchema(file: string): boolean {
  return moduleOf(file) !== null && /(^|-)(schema|loaders)\.ts$/.test(path.posix.basename(file));
}

function isShown(target: string, to: string): boolean {
  const [name, file] = [moduleOf(target)!, path.posix.basename(target)];
  if (isSchema(target)) return isSchema(to);
  const open = ['service.ts', 'policy.ts', 'errors.ts', 'events.ts'];
  return name === 'designs' || [...open, ...(PUBLIC_FILES[name] ?? [])].includes(file);
}

/** What a source declares: values, types, members and parameters. */
function namesIn(text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, '');
  return [...code.matchAll(/\b(?:const|let|function|class|interface|type) (\w+)|\b(\w+)\??: /g)].map(
    ([, declared, member]) => declared ?? member ?? '',
  );
}

const CORE_TABLES = ['event_logs', 'events', 'claims', 'spending_accounts', 'spending_holds'];
/** SQL on such a table, in either case, with quotes and a schema or without. `from events.ts` is prose. */
const CORE_STATEMENT = new RegExp(
  `\\b(FROM|JOIN|INTO|UPDATE|TABLE|TRUNCATE)\\s+(ONLY\\s+)?("?public"?\\.)?"?(${CORE_TABLES.join('|')})\\b(?!\\.\\w)`,
  'i',
);
/** The same tables, as Prisma's client names them. */
const CORE_MODELS = ['eventLog', 'event', 'claim', 'spendingAccount', 'spendingHold'];

const GRAPHQL_PACKAGE = /^(graphql|graphql-yoga|graphql-ws|@pothos|@graphql-yoga|@escape\.tech)(\/|$)/;

type Layer =
  | 'entry'
  | 'app'
  | 'build'
  | 'transport'
  | 'offline'
  | 'schemas'
  | 'modules'
  | 'schema-kit'
  | 'kernel'
  | 'access'
  | 'infra'
  | 'core'
  | 'config'
  | 'errors';

interface Rule {
  text: string;
  forbids: (edge: Import) => boolean;
}
