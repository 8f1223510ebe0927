import { type GraphQLSchema, isAbstractType, lexicographicSortSchema, printSchema } from 'graphql';
import fs from 'node:fs';
import path from 'node:path';

export async function printSchemaFile(): Promise<number> {
  const { schema } = await import('../transport/graphql/schema.ts');
  const sorted = lexicographicSortSchema(schema);
  fs.mkdirSync(SCHEMA_FOLDER, { recursive: true });
  fs.writeFileSync(path.join(SCHEMA_FOLDER, 'schema.graphql'), `${printSchema(sorted)}\n`);
  fs.writeFileSync(path.join(SCHEMA_FOLDER, 'possible-types.json'), possibleTypesOf(sorted));
  return 0;
}

/** The types of each interface and union: without them, Apollo's cache drops fields of fragments on interfaces. */
function possibleTypesOf(schema: GraphQLSchema): string {
  const types = Object.values(schema.getTypeMap()).filter(isAbstractType);
  const entries = types.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

const SCHEMA_FOLDER = path.resolve(import.meta.dirname, '../../schema');
