import fs from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/transport/graphql/schema.ts';

describe('schema/schema.graphql', () => {
  it('is the schema as the code has it (npm run schema)', () => {
    const printed = `${printSchema(lexicographicSortSchema(schema))}\n`;
    expect(fs.readFileSync('schema/schema.graphql', 'utf8')).toBe(printed);
  });
});
