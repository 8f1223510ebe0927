import { z } from 'zod';

/** The JSON Schema of what a zod schema accepts. */
export function inputSchemaOf(schema: z.ZodType): JsonSchema {
  const known = INPUT_SCHEMAS.get(schema);
  if (known) return known;
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  INPUT_SCHEMAS.set(schema, made);
  return made;
}

/**
 * The schema in the subset of JSON Schema that OpenAI, Anthropic and Google all enforce: every property is required and
 * no other is allowed, what may be left out may be null instead, and there are no bounds or patterns (the zod schema
 * checks them afterwards). Null when it cannot be expressed there, e.g. because of properties of any name.
 */
export function nativeSchemaOf(schema: z.ZodType): JsonSchema | null {
  const native = restrict(inputSchemaOf(schema));
  return native?.type === 'object' ? native : null;
}

function restrict(schema: JsonSchema): JsonSchema | null {
  const { type, description } = schema;
  const about = description === undefined ? {} : { description };
  if (schema.anyOf) {
    const anyOf = schema.anyOf.map(restrict);
    return anyOf.every((variant) => variant !== null) ? { ...about, anyOf } : null;
  }
  if (Array.isArray(type)) {
    return restrict({ ...about, anyOf: type.map((one) => ({ ...schema, ...about, type: one })) });
  }
  const words = schema.enum ?? (schema.const === undefined ? null : [schema.const]);
  if (words) return { ...about, ...(type && { type }), enum: words };
  if (type === 'array') {
    const items = schema.items && restrict(schema.items);
    return items ? { ...about, type, items } : null;
  }
  if (type === 'object') return restrictObject(schema, about);
  return type ? { ...about, type } : null;
}

function restrictObject(schema: JsonSchema, about: JsonSchema): JsonSchema | null {
  const { properties = {}, required = [], additionalProperties = false } = schema;
  if (additionalProperties !== false) return null;
  const restricted: Record<string, JsonSchema> = {};
  for (const [key, property] of Object.entries(properties)) {
    const native = restrict(property);
    if (!native) return null;
    const isOptional = !required.includes(key) && property.default === undefined;
    restricted[key] = isOptional ? nullable(native) : native;
  }
  return {
    ...about,
    type: 'object',
    properties: restricted,
    required: Object.keys(restricted),
    additionalProperties: false,
  };
}

/** An empty list says the same as null. */
function nullable(schema: JsonSchema): JsonSchema {
  if (schema.type === 'array' || schema.anyOf?.some(({ type }) => type === 'null')) return schema;
  return { anyOf: [...(schema.anyOf ?? [schema]), { type: 'null' }] };
}

/** Schemas are constants of the modules. */
const INPUT_SCHEMAS = new WeakMap<z.ZodType, JsonSchema>();

/** The part of JSON Schema that is used here. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  default?: unknown;
}
