import type { z } from 'zod';
import { type Authentication, authorize } from '../access/authorize.ts';
import { isPublic, type OperationName, type PublicOperation } from '../access/permissions.ts';
import type { Viewer } from '../access/viewer.ts';
import { UnsafeInputError } from '../errors.ts';
import type { Database, Tx } from '../infra/database.ts';
import { type Act, recordAct, recordOf } from './audit/audit.ts';
import type { AuditAction, AuditDeclaration } from './audit/audit-actions.ts';
import type { Context, Services } from './context.ts';
import { withIdempotencyKey } from './idempotency.ts';
import { idempotencyKey, parseInput } from './input.ts';

/**
 * Declares a use case, which resolvers and tests call in the same way:
 *
 *     export const renameConversation = useCase(
 *       'Mutation.renameConversation',
 *       { input: z.object({ conversationId: rowId, title }), audit: { none: 'Changes no rights.' } },
 *       async ({ viewer, transact }, { conversationId, title }) => transact(async (tx) => …),
 *     );
 *
 * Checks the permission first, so that callers without it learn nothing about the input; then parses the input; then
 * runs `work`, which opens transactions itself with `transact`, so that hashing and waiting stay outside of them, and
 * records in them what `audit` declares. It declares the services that it needs in the type of its scope:
 * `({ clock }: Scope & Pick<Services, 'clock'>) => …`.
 * Errors: UNAUTHENTICATED, FORBIDDEN, ValidationError, and those of `work`.
 */
export function useCase<
  Operation extends OperationName,
  Input extends z.ZodObject,
  Needs extends object,
  Result,
  const Idempotent extends boolean = false,
>(
  operation: Operation,
  { input: schema, isIdempotent, audit }: UseCaseOptions<Operation, Input, Idempotent>,
  work: (scope: ScopeOf<Operation> & Needs, input: z.output<Input>) => Promise<Result>,
): UseCase<
  Operation,
  Omit<Needs, keyof ScopeOf<Operation>>,
  z.input<Input> & (Idempotent extends true ? IdempotentInput : object),
  Result
> {
  const wholeSchema = isIdempotent ? schema.extend({ idempotencyKey }) : schema;

  async function run(ctx: UseCaseContext, input: z.input<Input>): Promise<Result> {
    const viewer = isPublic(operation) ? ctx.viewer : authorize(ctx, operation);
    const request = parseInput(wholeSchema, input);
    const transact: Database['transact'] = (inTx) => ctx.database.transact(inTx);
    const createOnce: Scope['createOnce'] = (tx, create) =>
      viewer ? withIdempotencyKey(tx, viewer, operation, request, create) : create();
    const record: Scope['record'] = (tx, action, act = {}) => {
      if (!isDeclared(audit, action)) throw new Error(`${operation} does not declare the act ${action}`);
      return recordAct(tx, action, recordOf(viewer, ctx, act));
    };
    const scope = { ...ctx, viewer, transact, createOnce, record };
    try {
      return await work(scope as unknown as ScopeOf<Operation> & Needs, request as z.output<Input>);
    } catch (error) {
      if (error instanceof UnsafeInputError && isDeclared(audit, 'injection.refused')) {
        const detail = { findings: error.findings.length };
        await transact((tx) => record(tx, 'injection.refused', { detail }));
      }
      throw error;
    }
  }

  return Object.assign(run, { operation, isIdempotent: isIdempotent === true, audit });
}

function isDeclared(declared: AuditDeclaration | undefined, action: AuditAction): boolean {
  return declared !== undefined && 'includes' in declared && declared.includes(action);
}

export interface UseCase<Operation extends OperationName, Slice, Input, Result> {
  (ctx: UseCaseContext & Slice, input: Input): Promise<Result>;
  readonly operation: Operation;
  /** Whether the input has an optional `idempotencyKey`. */
  readonly isIdempotent: boolean;
  /** Undefined for a query. */
  readonly audit: AuditDeclaration | undefined;
}

export type UseCaseOptions<Operation, Input, Idempotent> = {
  input: Input;
  /** Adds an optional `idempotencyKey` to the input, for `createOnce`. */
  isIdempotent?: Idempotent;
} & (Operation extends `Mutation.${string}` ? { audit: AuditDeclaration } : { audit?: undefined });

export interface IdempotentInput {
  idempotencyKey?: string | null;
}

/** The scope of a public operation, in addition to its services. */
export interface PublicScope {
  /** Null when nobody is signed in. */
  viewer: Viewer | null;
  /** Runs writes, events and jobs in one transaction. Runs `work` again after a conflict. */
  transact: Database['transact'];
  /**
   * Records an act that `audit` declares, in the transaction that does it. Without a viewer, `by` names the tenant.
   */
  record: (tx: Pick<Tx, 'sql'>, action: AuditAction, act?: Act) => Promise<void>;
}

/** The scope of every other operation. */
export interface Scope extends PublicScope {
  viewer: Viewer;
  /**
   * Runs `create` once per idempotencyKey. Repeated requests get the id that the first one returned.
   * Errors: ConflictError when the key was used with a different input.
   */
  createOnce: (tx: Tx, create: () => Promise<string>) => Promise<string>;
}

type ScopeOf<Operation extends OperationName> = Operation extends PublicOperation ? PublicScope : Scope;
type UseCaseContext = Authentication & Pick<Services, 'database'> & Pick<Context, 'requestId' | 'client'>;
