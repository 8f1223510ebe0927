import { ConflictError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { parseInput } from '../../../kernel/input.ts';
import { newAccount } from './account.ts';

/**
 * Creates the operator's tenant and this ADMIN on plan UNLIMITED if they do not exist. Idempotent and safe to call
 * from several processes. An existing account keeps its password.
 * Errors: ValidationError; ConflictError when the e-mail belongs to another tenant's account.
 */
export async function ensureOperator(
  { database, passwords }: Pick<Services, 'database' | 'passwords'>,
  account: { email: string; password: string },
): Promise<User> {
  const { email, password, displayName } = parseInput(newAccount, { ...account, displayName: 'Operator' });
  const found = await database.prisma.user.findUnique({ where: { email } });
  if (found) return assertInOperatorTenant(found);

  const passwordHash = await passwords.hash(password);
  return database.transact(async (tx) => {
    const tenant = { id: OPERATOR_TENANT, externalId: OPERATOR_TENANT, name: displayName };
    await tx.prisma.tenant.createMany({ data: [tenant], skipDuplicates: true });
    await tx.prisma.user.createMany({
      data: [{ tenantId: tenant.id, email, displayName, passwordHash, role: 'ADMIN', plan: 'UNLIMITED' }],
      skipDuplicates: true,
    });
    return assertInOperatorTenant(await tx.prisma.user.findUniqueOrThrow({ where: { email } }));
  });
}

const OPERATOR_TENANT = 'operator';

function assertInOperatorTenant(user: User): User {
  if (user.tenantId === OPERATOR_TENANT) return user;
  throw new ConflictError(
    'TAKEN',
    `${user.email} belongs to an account of another tenant. Use another e-mail address.`,
  );
}
