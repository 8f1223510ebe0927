/**
 * What differs between the migrations and `schema.prisma`, by Prisma's own schema engine in WebAssembly. It builds
 * the migrations in a shadow database, made and dropped for the purpose, and reads that back.
 *
 * Prisma's adapter for pg is made for queries, and falls short of the engine in four places, each patched here.
 */
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import { SchemaEngine } from '@prisma/schema-engine-wasm';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { readMigrations } from '../src/infra/migrations.ts';

/**
 * The SQL that is missing between the migrations and `schema.prisma`; null when they agree. `url` is any database of
 * a server that may create another.
 */
export async function migrationDrift(url: string): Promise<string | null> {
  const schema = { path: SCHEMA, content: fs.readFileSync(SCHEMA, 'utf8') };
  const shadow = new ShadowDatabases(url);
  const engine = await SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(shadow),
  );
  try {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationList(readMigrations()) },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === DIFFERS ? stdout : null;
  } catch (error) {
    throw new Error('The migrations cannot be compared with the schema', { cause: shadow.failure ?? error });
  } finally {
    engine.free();
    await shadow.close();
  }
}

function migrationList(migrations: { name: string; script: string }[]) {
  return {
    baseDir: '',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: script } },
    })),
  };
}

class ShadowDatabases extends PrismaPg {
  /** The engine reports an error of ours by a number; this is the error. */
  failure: unknown = null;
  readonly #url: string;
  readonly #pools: pg.Pool[] = [];

  constructor(url: string) {
    super({ connectionString: url });
    this.#url = url;
  }

  override async connect() {
    const adapter = await super.connect();
    this.#pools.push(adapter.underlyingDriver());
    return this.#patch(adapter);
  }

  /** Ends the connections that the engine has left open. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.filter(({ ended }) => !ended).map((pool) => pool.end()));
  }

  /** The adapter's own would give the main database for the shadow: pg prefers a URL's database to the named one. */
  override async connectToShadowDb() {
    const name = `shadow_${randomUUID()}`;
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    const main = new pg.Pool({ connectionString: this.#url, max: 1 });
    await main.query(`CREATE DATABASE "${name}"`);
    const pool = new pg.Pool({ connectionString: url.href });
    mapCharColumns(pool);
    const adapter = this.#patch(await new PrismaPg(pool).connect());
    adapter.dispose = async () => {
      await pool.end(); // the adapter's own drops the database before it leaves it
      await main.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      await main.end();
    };
    return adapter;
  }

  #patch<Adapter extends SqlDriverAdapter & { underlyingDriver(): pg.Pool }>(adapter: Adapter): Adapter {
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query: SqlQuery) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type) =>
        type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    // The adapter's own splits the script at every semicolon, also within a function's body.
    adapter.executeScript = async (script: string) => {
      await adapter
        .underlyingDriver()
        .query(script)
        .catch((error: unknown) => {
          this.failure = error;
          throw new DriverAdapterError({ kind: 'GenericJs', id: 0 });
        });
    };
    return adapter;
  }
}

/** The adapter refuses the catalog's type "char" (18); it passes as its array (1002), which no query of the engine returns. */
function mapCharColumns(pool: pg.Pool): void {
  const query = pool.query.bind(pool) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
  const patched = async (config: pg.QueryConfig) => {
    const result = await query(config);
    for (const field of result.fields ?? []) if (field.dataTypeID === 18) field.dataTypeID = 1002;
    return result;
  };
  pool.query = patched as typeof pool.query;
}

const SCHEMA = path.resolve(import.meta.dirname, '../prisma/schema.prisma');

/** As with `prisma migrate diff --exit-code`. */
const DIFFERS = 2;

Object.assign(globalThis, {
  PRISMA_WASM_PANIC_REGISTRY: {
    set_message(message: string) {
      throw new Error(message);
    },
  },
});
