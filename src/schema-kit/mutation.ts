import type { InputFieldMap, InputShapeFromFields, OutputType, ShapeFromTypeParam } from '@pothos/core';
import type { MutationName } from '../access/permissions.ts';
import { ConflictError, ValidationError, type AppError } from '../errors.ts';
import type { AuditDeclaration } from '../kernel/audit/audit-actions.ts';
import type { Context } from '../kernel/context.ts';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from '../kernel/limits.ts';
import type { IdempotentInput } from '../kernel/use-case.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { encodeId } from './global-id.ts';

/**
 * Declares a mutation `doThing(input: DoThingInput!): DoThingResult!`. Name, permission and input validation come
 * from the use case. The result is a union of DoThingSuccess, with the fields of `success`, and the error types.
 */
export function mutation<const Success extends SuccessFields, Fields extends InputFieldMap>(
  useCase: NoInfer<MutationUseCase<Fields, Success>>,
  options: MutationOptions<Success, Fields>,
): void {
  const name = useCase.operation.slice('Mutation.'.length) as MutationName;
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  const { decodeIds = (input) => input, errors = [] } = options;
  builder.mutationField(name, (t) =>
    t.field({
      type: successType(`${title}Success`, name, options.success),
      description: options.description,
      extensions: { audit: useCase.audit },
      args: {
        input: t.arg({
          type: inputType(`${title}Input`, useCase, options.input),
          required: true,
          description: 'Arguments of the mutation.',
        }),
      },
      errors: {
        types: [...new Set([ValidationError, ...(useCase.isIdempotent ? [ConflictError] : []), ...errors])],
        union: {
          name: `${title}Result`,
          description: `Result of \`${name}\`: success or one of its errors.`,
        },
      },
      // Pothos cannot infer these generic types; MutationOptions has already checked input and result.
      resolve: (_root, args: object, ctx) => {
        const { idempotencyKey, ...input } = (args as Arguments<Fields>).input;
        const request = decodeIds(input as unknown as InputShapeFromFields<Fields>);
        return useCase(ctx, { ...request, idempotencyKey } as never) as never;
      },
    }),
  );
}

function inputType(name: string, { operation, isIdempotent }: UseCaseDeclaration, fields: InputFields) {
  return builder.inputType(name, {
    description: `Input of \`${operation.slice('Mutation.'.length)}\`.`,
    fields: (t) => ({
      ...fields(t),
      ...(isIdempotent && {
        idempotencyKey: t.string({
          description: `Key that makes the request safe to retry, at most ${MAX_IDEMPOTENCY_KEY_LENGTH} characters. Repeating the key with the same input returns the original result; with different input, ConflictError.`,
        }),
      }),
    }),
  });
}

function successType(name: string, mutationName: string, success: SuccessFields) {
  return builder.objectRef<object>(name).implement({
    description: `Successful result of \`${mutationName}\`.`,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(success).map(([key, { type, idOf, description }]) => {
          const resolve = (made: object) => {
            const value = (made as Record<string, unknown>)[key];
            return (idOf ? encodeId(idOf, value as string) : value) as never;
          };
          return [key, t.field({ type, description, resolve })];
        }),
      ),
  });
}

export interface MutationOptions<Success extends SuccessFields, Fields extends InputFieldMap> {
  description: string;
  /** Fields of DoThingSuccess, read from the result of the use case. */
  success: Success;
  /** In addition to ValidationError and, for idempotent use cases, ConflictError. */
  errors?: (new (...args: never[]) => AppError)[];
  input: (t: InputBuilder) => Fields;
  /** Replaces global ids by row ids. */
  decodeIds?: (input: InputShapeFromFields<Fields>) => InputShapeFromFields<Fields>;
}

export type InputBuilder = PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>;
type InputFields = (t: InputBuilder) => InputFieldMap;

/** `idOf`: the use case returns a row id, which is encoded as the global id of this type. */
type SuccessFields = Record<string, { type: OutputType<SchemaTypes>; idOf?: string; description: string }>;

type Made<Success extends SuccessFields> = {
  [Key in keyof Success]: ShapeFromTypeParam<SchemaTypes, Success[Key]['type'], false>;
};

interface UseCaseDeclaration {
  readonly operation: `Mutation.${MutationName}`;
  readonly isIdempotent: boolean;
  readonly audit: AuditDeclaration | undefined;
}

type MutationUseCase<Fields extends InputFieldMap, Success extends SuccessFields> = UseCaseDeclaration &
  ((ctx: Context, input: InputOf<Fields>) => Promise<Made<Success>>);

/** TypeScript first checks the use case before it has inferred Fields; `never` accepts any input in that pass. */
type InputOf<Fields extends InputFieldMap> = InputFieldMap extends Fields
  ? never
  : InputShapeFromFields<Fields>;

interface Arguments<Fields extends InputFieldMap> {
  input: InputShapeFromFields<Fields> & IdempotentInput;
}
