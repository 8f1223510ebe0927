import type { InputFieldMap, InputShapeFromFields, ObjectRef } from '@pothos/core';
import { ValidationError, type AppError } from '../errors.ts';
import type { MutationName } from '../access/permissions.ts';
import type { Context } from '../kernel/context.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * The one way to declare a mutation: `name(input: NameInput!): NameResult!`, where the result is the union of
 * its type, ValidationError and the other errors it can give. The rest is the service's: permission, parsing,
 * transaction.
 */
export function mutation<Shape, Fields extends InputFieldMap>(
  name: MutationName,
  options: MutationOptions<Shape, Fields>,
): void {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const input = builder.inputType(`${title}Input`, {
    description: `The input of \`${name}\`.`,
    fields: options.input,
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: options.type,
      description: options.description,
      args: { input: t.arg({ type: input, required: true, description: 'What it needs, in one object.' }) },
      errors: {
        types: [ValidationError, ...(options.errors ?? [])],
        union: { name: `${title}Result`, description: `What \`${name}\` made, or why it could not.` },
      },
      // Pothos' types do not follow generics this far; MutationOptions has checked what goes in and comes out.
      resolve: (_root, args: object, ctx) => options.resolve(ctx, (args as Arguments<Fields>).input) as never,
    }),
  );
}

export interface MutationOptions<Shape, Fields extends InputFieldMap> {
  description: string;
  /** What it gives when all goes well. */
  type: ObjectRef<SchemaTypes, Shape>;
  /** Besides ValidationError, which every mutation can give. */
  errors?: (new (...args: never[]) => AppError)[];
  input: (t: PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>) => Fields;
  resolve: (ctx: Context, input: InputShapeFromFields<Fields>) => Promise<Shape>;
}

interface Arguments<Fields extends InputFieldMap> {
  input: InputShapeFromFields<Fields>;
}
