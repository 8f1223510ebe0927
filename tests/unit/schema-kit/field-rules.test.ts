import SchemaBuilder from '@pothos/core';
import { describe, expect, it } from 'vitest';
import { FIELD_RULES } from '../../../src/schema-kit/rules/field-rules.ts';

describe('the schema', () => {
  it('cannot be built with a root field that is missing in OPERATIONS', () => {
    const builder = new SchemaBuilder({ plugins: [FIELD_RULES] } as never); // the other plugins have no part in this
    builder.queryType({ fields: (t) => ({ backdoor: t.boolean({ resolve: () => true }) }) });
    expect(() => builder.toSchema()).toThrow('Query.backdoor is missing in OPERATIONS');
  });
});
