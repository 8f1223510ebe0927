import { exportPages, type ExportRows } from '../../../kernel/export.ts';

/** The account and its tenant, without the password. */
export const exportProfile: ExportRows = async function* ({ database }, { userId: id, tenantId }) {
  const user = await database.prisma.user.findFirst({
    where: { id, tenantId },
    select: {
      id: true,
      email: true,
      emailVerifiedAt: true,
      displayName: true,
      role: true,
      plan: true,
      subject: true,
      createdAt: true,
      tenant: { select: { id: true, externalId: true, issuer: true, name: true } },
    },
  });
  if (user) yield user;
};

export const exportSessions: ExportRows = ({ database }, { userId }) =>
  exportPages(({ after, take }) =>
    database.prisma.session.findMany({
      where: { userId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      select: {
        id: true,
        userAgent: true,
        createdAt: true,
        lastUsedAt: true,
        expiresAt: true,
        endedAt: true,
      },
    }),
  );

export const exportApiKeys: ExportRows = ({ database }, { userId, tenantId }) =>
  exportPages(({ after, take }) =>
    database.prisma.apiKey.findMany({
      where: { userId, tenantId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { keyHash: true, tenantId: true, userId: true },
    }),
  );
