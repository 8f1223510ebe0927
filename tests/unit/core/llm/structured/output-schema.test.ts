import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { nativeSchemaOf } from '../../../../../src/core/llm/structured/output-schema.ts';
import { CRITIQUE } from '../../../../../src/modules/discussion/engine/critic.ts';
import { DESIGN } from '../../../../../src/modules/discussion/engine/designer.ts';
import { READ } from '../../../../../src/modules/discussion/engine/read-message.ts';

describe('nativeSchemaOf', () => {
  it('requires every property, allows no other, and has no bounds', () => {
    const schema = z.object({
      title: z.string().min(1).max(80).regex(/^a/).describe('What it is called.'),
      kind: z.enum(['A', 'B']).default('A'),
      note: z.string().nullable().default(null),
      count: z.int().min(1).optional(),
      tags: z.array(z.string()).max(3).optional(),
      inner: z.object({ fixed: z.literal('yes') }),
    });
    expect(nativeSchemaOf(schema)).toEqual({
      type: 'object',
      properties: {
        title: { type: 'string', description: 'What it is called.' },
        kind: { type: 'string', enum: ['A', 'B'] },
        note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        count: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        tags: { type: 'array', items: { type: 'string' } },
        inner: {
          type: 'object',
          properties: { fixed: { type: 'string', enum: ['yes'] } },
          required: ['fixed'],
          additionalProperties: false,
        },
      },
      required: ['title', 'kind', 'note', 'count', 'tags', 'inner'],
      additionalProperties: false,
    });
  });

  it.each([
    ['properties of any name', z.object({ map: z.record(z.string(), z.string()) })],
    ['values of any type', z.object({ any: z.unknown() })],
    ['lists of anything', z.object({ list: z.array(z.any()) })],
    ['tuples', z.object({ pair: z.tuple([z.string(), z.number()]) })],
    ['no object at the root', z.array(z.string())],
  ])('is null for %s', (_what, schema) => {
    expect(nativeSchemaOf(schema)).toBeNull();
  });

  it.each([READ, DESIGN, CRITIQUE])(
    'describes the answers of $name in the subset of every provider',
    ({ schema }) => {
      const native = nativeSchemaOf(schema as z.ZodType);
      for (const part of partsOf(native)) {
        expect(Object.keys(part).filter((key) => !SUBSET.has(key))).toEqual([]);
        if (part['type'] === 'object') {
          expect(part['required']).toEqual(Object.keys(part['properties'] as object));
          expect(part['additionalProperties']).toBe(false);
        }
      }
      expect(partsOf(native).filter((part) => 'anyOf' in part).length).toBeLessThanOrEqual(MAX_UNIONS);
    },
  );
});

const SUBSET = new Set([
  'type',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'anyOf',
]);
/** Anthropic refuses schemas with more. */
const MAX_UNIONS = 16;

/** A schema and those inside of it. */
function partsOf(schema: unknown): Record<string, unknown>[] {
  const part = schema as Record<string, unknown>;
  const {
    properties = {},
    items,
    anyOf = [],
  } = part as {
    properties?: object;
    items?: unknown;
    anyOf?: unknown[];
  };
  return [part, ...[...Object.values(properties), ...(items ? [items] : []), ...anyOf].flatMap(partsOf)];
}
