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

/** Declares an error class as the object type of its name, so that mutations can have it in their result. */
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
    'An error that a caller can cause and handle. It is a member of a mutation’s result, with HTTP status 200.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description: 'What was wrong and what to do about it, for people to read.',
    }),
  }),
});

const ValidationIssueCodeRef = builder.enumType('ValidationIssueCode', {
  description: 'What kind of thing is wrong with an input. For translations of the message.',
  values: {
    REQUIRED: { description: 'Missing, or blank.' },
    TOO_LONG: { description: 'More characters or members than allowed.' },
    TOO_SHORT: { description: 'Fewer characters or members than allowed.' },
    OUT_OF_RANGE: { description: 'A number above or below its limits.' },
    INVALID_FORMAT: { description: 'Not of the form that is asked for.' },
    UNKNOWN_VALUE: { description: 'Names something that does not exist.' },
    DUPLICATE: { description: 'Given twice where each may occur once.' },
    CYCLE: { description: 'Steps that depend on each other in a circle.' },
    NOT_ALLOWED: { description: 'Not allowed here, or not together with another field.' },
  } satisfies Record<ValidationIssueCode, object>,
});

const ConflictReasonRef = builder.enumType('ConflictReason', {
  description: 'Why a request conflicts with what exists.',
  values: {
    WRONG_STATE: { description: 'The object is in a state in which this cannot be done.' },
    STALE_VERSION: { description: 'A newer version of the object exists.' },
    TAKEN: { description: 'Another object has this name or address.' },
    BUSY: { description: 'Other work on the object is under way. Try again when it has ended.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The idempotencyKey was used with another input.' },
  } satisfies Record<ConflictReason, object>,
});

const IssueRef = builder.objectRef<ValidationIssue>('ValidationIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    code: t.expose('code', {
      type: ValidationIssueCodeRef,
      description: 'What kind of thing is wrong.',
    }),
    path: t.exposeStringList('path', {
      description: 'Where it is, from the root of the input, e.g. `["design", "steps", "0", "key"]`.',
    }),
    message: t.exposeString('message', { description: 'What is wrong with it.' }),
  }),
});

errorType(ValidationError, {
  description:
    'The input breaks a rule that its type cannot say: a length, a form, a relation between fields.',
  fields: (t) => ({
    issues: t.field({
      type: [IssueRef],
      description: 'Everything that was found wrong.',
      resolve: (error) => error.issues,
    }),
  }),
});

errorType(NotFoundError, {
  description: 'There is no such object, or none that you may change; the two are told apart nowhere.',
});

errorType(ConflictError, {
  description:
    'The object is in another state than the request needs, the name is taken, or an idempotencyKey came again with another input.',
  fields: (t) => ({
    reason: t.expose('reason', { type: ConflictReasonRef, description: 'Why it conflicts.' }),
    current: t.node({
      description: 'The object as it is now, where there is one.',
      id: (error) => error.current,
    }),
  }),
});

errorType(UnsafeInputError, {
  description: 'The defence against prompt injection refused a text that would have gone to a model.',
  fields: (t) => ({
    findings: t.exposeStringList('findings', { description: 'What was found in it.' }),
  }),
});
