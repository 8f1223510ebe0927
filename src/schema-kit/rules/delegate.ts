import type { Context } from '../../kernel/context.ts';
import type { SchemaTypes } from '../builder.ts';

/** The Prisma delegate of a model that is named by a variable. */
export function delegateOf({ database }: Pick<Context, 'database'>, model: ModelName): Delegate {
  const name = `${model.charAt(0).toLowerCase()}${model.slice(1)}`;
  return (database.prisma as unknown as Record<string, Delegate>)[name]!;
}

export type Models = SchemaTypes['PrismaTypes'];
export type ModelName = keyof Models;

/** The part of a delegate that is the same for every model. */
interface Delegate {
  findUnique: (args: object) => Promise<unknown>;
  findMany: (args: object) => Promise<unknown[]>;
  count: (args: object) => Promise<number>;
}
