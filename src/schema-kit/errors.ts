import type { ObjectFieldsShape } from '@pothos/core';
import {
  ConflictError,
  NotFoundError,
  UnsafeInputError,
  ValidationError,
  type AppError,
  type ConflictReason,
  type ValidationIssue,
  type ValidationIssueCode,
} from '../errors.ts';
import { builder, type SchemaTypes } from './builder.ts';

/** Declares the object type of an error class, named like the class, so that mutations can return it. */
export function errorType<Failure extends AppError>(
  failure: new (...args: never[]) => Failure,
  options: { description: string; fields?: ObjectFieldsShape<SchemaTypes, Failure> },
) {
  const ref = builder.objectRef<Failure>(failure.name);
  ref.addInterfaces([UserErrorRef]);
  builder.configStore.associateParamWithRef(failure, ref);
  return ref.implement(options);
}

const UserErrorRef = builder.interfaceRef<AppError>('UserError').implement({
  description:
    'An error that the client can handle. It is returned as the result of a mutation, with HTTP status 200.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description: 'Human-readable explanation of the error and how to resolve it.',
    }),
  }),
});

const ValidationIssueCodeRef = builder.enumType('ValidationIssueCode', {
  description: 'Kind of a validation issue. Use it to localize the message.',
  values: {
    REQUIRED: { description: 'Missing, or blank.' },
    TOO_LONG: {
      description:
        'More characters or items than allowed. Characters are Unicode code points of the composed form (NFC).',
    },
    TOO_SHORT: { description: 'Fewer characters or items than required.' },
    OUT_OF_RANGE: { description: 'A number below its minimum or above its maximum.' },
    INVALID_FORMAT: { description: 'Does not have the required format.' },
    UNKNOWN_VALUE: { description: 'Refers to something that does not exist.' },
    DUPLICATE: { description: 'The same value occurs more than once.' },
    CYCLE: { description: 'Steps depend on each other in a cycle.' },
    NOT_ALLOWED: { description: 'Not allowed here, or not in combination with another field.' },
  } satisfies Record<ValidationIssueCode, object>,
});

const ConflictReasonRef = builder.enumType('ConflictReason', {
  description: 'Reason for a conflict with the current state.',
  values: {
    WRONG_STATE: { description: 'The current state of the object does not allow the operation.' },
    STALE_VERSION: { description: 'A newer version of the object exists.' },
    TAKEN: { description: 'Another object already uses this unique value, such as an e-mail address.' },
    BUSY: { description: 'Another operation on the object is in progress. Retry when it has finished.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The idempotencyKey was already used with different input.' },
  } satisfies Record<ConflictReason, object>,
});

const IssueRef = builder.objectRef<ValidationIssue>('ValidationIssue').implement({
  description: 'A single problem with an input value.',
  fields: (t) => ({
    code: t.expose('code', {
      type: ValidationIssueCodeRef,
      description: 'Kind of problem.',
    }),
    path: t.exposeStringList('path', {
      description:
        'Location of the value, from the root of the input, e.g. `["design", "steps", "0", "key"]`.',
    }),
    message: t.exposeString('message', { description: 'Human-readable explanation of the problem.' }),
  }),
});

errorType(ValidationError, {
  description:
    'The input violates a rule that the schema cannot express, such as a length, a format or a relation between fields.',
  fields: (t) => ({
    issues: t.field({
      type: [IssueRef],
      description: 'All problems found in the input.',
      resolve: (error) => error.issues,
    }),
  }),
});

errorType(NotFoundError, {
  description: 'The object does not exist or you have no access to it. The API does not reveal which.',
});

errorType(ConflictError, {
  description:
    'The request conflicts with the current state: the object is in the wrong state, a unique value is taken, or an idempotencyKey was reused with different input.',
  fields: (t) => ({
    reason: t.expose('reason', { type: ConflictReasonRef, description: 'Reason for the conflict.' }),
    current: t.node({
      description: 'Current state of the conflicting object. Null when the conflict concerns no object.',
      id: (error) => error.current,
    }),
  }),
});

errorType(UnsafeInputError, {
  description: 'The prompt injection filter rejected a text before it was sent to a model.',
  fields: (t) => ({
    findings: t.exposeStringList('findings', { description: 'Patterns that the filter detected.' }),
  }),
});
