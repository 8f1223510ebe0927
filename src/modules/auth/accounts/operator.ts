import { OPERATOR_TENANT_ID } from '../../../access/permissions.ts';
import { ConflictError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { parseInput } from '../../../kernel/input.ts';
import { findAccount, newAccount } from './account.ts';

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
  const found = await findAccount(database, email);
  if (found) return assertInOperatorTenant(found);

  const passwordHash = await passwords.hash(password);
  return database.transact(async (tx) => {
    const tenant = { id: OPERATOR_TENANT_ID, externalId: OPERATOR_TENANT_ID, name: displayName };
    await tx.prisma.tenant.createMany({ data: [tenant], skipDuplicates: true });
    const emailVerifiedAt = new Date();
    await tx.prisma.user.createMany({
      data: [
        {
          tenantId: tenant.id,
          email,
          emailVerifiedAt,
          displayName,
          passwordHash,
          role: 'ADMIN',
          plan: 'UNLIMITED',
        },
      ],
      skipDuplicates: true,
    });
    return assertInOperatorTenant(
      await tx.prisma.user.findFirstOrThrow({ where: { email, NOT: { emailVerifiedAt: null } } }),
    );
  });
}

function assertInOperatorTenant(user: User): User {
  if (user.tenantId === OPERATOR_TENANT_ID) return user;
  throw new ConflictError(
    'TAKEN',
    `${user.email} belongs to an account of another tenant. Use another e-mail address.`,
  );
}
