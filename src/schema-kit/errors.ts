import type { ObjectFieldsShape } from '@pothos/core';
import {
  BudgetExceededError,
  ConflictError,
  InvalidCredentialsError,
  NotFoundError,
  QuotaExceededError,
  UnsafeInputError,
  ValidationError,
  type AppError,
  type ValidationIssue,
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

const IssueRef = builder.objectRef<ValidationIssue>('ValidationIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
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
    current: t.node({
      description: 'The object as it is now, where there is one.',
      id: (error) => error.current,
    }),
  }),
});

errorType(InvalidCredentialsError, {
  description:
    'The e-mail and password, or the refresh token, do not open a session. It never says which part is wrong.',
});

errorType(BudgetExceededError, {
  description: 'The worst case of this request would pass a limit of money; nothing was spent.',
  fields: (t) => ({
    limit: t.expose('limitMicros', { type: 'Decimal', description: 'The limit in dollars.' }),
    spent: t.expose('spentMicros', { type: 'Decimal', description: 'Dollars spent against it so far.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When spending starts from zero again; null for the limit of one run.',
    }),
  }),
});

errorType(QuotaExceededError, {
  description: 'The number of runs that your plan has in a UTC day is used up.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'Runs a UTC day.' }),
    used: t.exposeInt('used', { description: 'Runs started today.' }),
    resetsAt: t.expose('resetsAt', { type: 'DateTime', description: 'The next midnight in UTC.' }),
  }),
});

errorType(UnsafeInputError, {
  description: 'The defence against prompt injection refused a text that would have gone to a model.',
  fields: (t) => ({
    findings: t.exposeStringList('findings', { description: 'What was found in it.' }),
  }),
});
