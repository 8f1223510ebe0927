import { rolesWith } from '../../access/permissions.ts';
import type { Viewer } from '../../access/viewer.ts';
import { ValidationError } from '../../errors.ts';
import type { Tx } from '../../infra/database.ts';
import type { Design } from '../designs/design.ts';

/**
 * Refuses a design that would wait for ever: its steps ask for approval, which another member must give, and the tenant
 * has none who may. Errors: ValidationError.
 */
export async function checkApprovers(
  { prisma }: Pick<Tx, 'prisma'>,
  { tenantId, userId }: Viewer,
  { steps, requireDifferentApprover }: Pick<Design, 'steps' | 'requireDifferentApprover'>,
): Promise<void> {
  if (!requireDifferentApprover || !steps.some(({ approval }) => approval)) return;
  const role = { in: rolesWith('APPROVAL_DECIDE') };
  const others = await prisma.user.count({ where: { tenantId, role, removedAt: null, id: { not: userId } } });
  if (others === 0) throw new ValidationError([{ code: 'NOT_ALLOWED', path: ['source'], message: NOBODY }]);
}

const NOBODY =
  'nobody could approve its steps: the design requires a member other than you, and your tenant has no other with APPROVAL_DECIDE. Ask an ADMIN to invite one (inviteUser), or set requireDifferentApprover to false';
