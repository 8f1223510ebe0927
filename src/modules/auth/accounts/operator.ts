import { OPERATOR_TENANT_ID } from '../../../access/permissions.ts';
import { ConflictError } from '../../../errors.ts';
import type { User } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import { recordAct } from '../../../kernel/audit/audit.ts';
import { parseInput } from '../../../kernel/input.ts';
import { findAccount, newAccount } from './account.ts';
import { lockAddress, verifyAddress } from './address.ts';

/**
 * At a start: as `ensureOperator`, unless the operator's tenant has an ADMIN. So an account of the settings that was
 * removed since does not come back with its old password.
 */
export async function ensureFirstOperator(
  services: Pick<Services, 'database' | 'passwords'>,
  account: { email: string; password: string },
): Promise<void> {
  const admin = { tenantId: OPERATOR_TENANT_ID, role: 'ADMIN', removedAt: null } as const;
  if ((await services.database.prisma.user.count({ where: admin })) > 0) return;
  await ensureOperator(services, account);
}

/**
 * Creates the operator's tenant and this ADMIN on plan UNLIMITED if they do not exist. Idempotent and safe to call
 * from several processes. An existing account keeps its password. An account that only claims the address is no obstacle.
 * Errors: ValidationError; ConflictError when an account of another tenant has verified the e-mail, or the account exists
 * and is no ADMIN: somebody has decided that.
 */
export async function ensureOperator(
  { database, passwords }: Pick<Services, 'database' | 'passwords'>,
  account: { email: string; password: string },
): Promise<User> {
  const { email, password, displayName } = parseInput(newAccount, { ...account, displayName: 'Operator' });
  const found = await findOperator(database, email);
  if (found) return found;

  const passwordHash = await passwords.hash(password);
  return database.transact(async (tx) => {
    await lockAddress(tx, email);
    const madeMeanwhile = await findOperator(tx, email);
    if (madeMeanwhile) return madeMeanwhile;
    const tenant = { id: OPERATOR_TENANT_ID, externalId: OPERATOR_TENANT_ID, name: displayName };
    await tx.prisma.tenant.createMany({ data: [tenant], skipDuplicates: true });
    const operator = await tx.prisma.user.create({
      data: { tenantId: tenant.id, email, displayName, passwordHash, role: 'ADMIN', plan: 'UNLIMITED' },
    });
    await verifyAddress(tx, { id: operator.id, email });
    const target = { type: 'User', id: operator.id } as const;
    await recordAct(tx, 'operator.created', { tenantId: tenant.id, actorId: null, target });
    return tx.prisma.user.findUniqueOrThrow({ where: { id: operator.id } });
  });
}

/** Errors: ConflictError, as above. */
async function findOperator(tx: Pick<Tx, 'prisma'>, email: string): Promise<User | null> {
  const account = await findAccount(tx, email);
  if (!account?.emailVerifiedAt) return null;
  if (account.tenantId !== OPERATOR_TENANT_ID) {
    const message = `${email} belongs to an account of another tenant. Use another e-mail address.`;
    throw new ConflictError('TAKEN', message);
  }
  if (account.role !== 'ADMIN') {
    const message = `${email} is a ${account.role} of the operator's tenant. Another ADMIN of it can change that with setUserRole.`;
    throw new ConflictError('WRONG_STATE', message);
  }
  return account;
}
