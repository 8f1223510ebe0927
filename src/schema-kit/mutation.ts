import type { InputFieldMap, InputShapeFromFields, OutputType, ShapeFromTypeParam } from '@pothos/core';
import type { MutationName } from '../access/permissions.ts';
import { ValidationError, type AppError } from '../errors.ts';
import type { Context } from '../kernel/context.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * The one way to declare a mutation: `doThing(input: DoThingInput!): DoThingResult!`. The result is the union of
 * DoThingSuccess, which holds the fields of `success`, of ValidationError and of the errors listed. Permission,
 * parsing and transaction belong to the use case that `resolve` calls.
 */
export function mutation<const Success extends SuccessFields, Fields extends InputFieldMap>(
  name: MutationName,
  options: MutationOptions<Success, Fields>,
): void {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const input = builder.inputType(`${title}Input`, {
    description: `Input of \`${name}\`.`,
    fields: options.input,
  });
  const success = builder.objectRef<object>(`${title}Success`).implement({
    description: `Answer of \`${name}\` when it succeeded.`,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(options.success).map(([key, { type, description }]) => [
          key,
          t.field({ type, description, resolve: (made) => (made as Record<string, unknown>)[key] as never }),
        ]),
      ),
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: success,
      description: options.description,
      args: { input: t.arg({ type: input, required: true, description: 'All arguments, in one object.' }) },
      errors: {
        types: [ValidationError, ...(options.errors ?? [])],
        union: {
          name: `${title}Result`,
          description: `Result of \`${name}\`: its success, or the error that prevented it.`,
        },
      },
      // Pothos' types do not follow generics this far; MutationOptions has checked what goes in and comes out.
      resolve: (_root, args: object, ctx) => options.resolve(ctx, (args as Arguments<Fields>).input) as never,
    }),
  );
}

export interface MutationOptions<Success extends SuccessFields, Fields extends InputFieldMap> {
  description: string;
  /** The fields of DoThingSuccess; `resolve` gives an object that has them. */
  success: Success;
  /** Besides ValidationError, which every mutation can give. */
  errors?: (new (...args: never[]) => AppError)[];
  input: (t: PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>) => Fields;
  resolve: (ctx: Context, input: InputShapeFromFields<Fields>) => Promise<Made<Success>>;
}

type SuccessFields = Record<string, { type: OutputType<SchemaTypes>; description: string }>;

type Made<Success extends SuccessFields> = {
  [Key in keyof Success]: ShapeFromTypeParam<SchemaTypes, Success[Key]['type'], false>;
};

interface Arguments<Fields extends InputFieldMap> {
  input: InputShapeFromFields<Fields>;
}
