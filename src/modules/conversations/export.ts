import type { Viewer } from '../../access/viewer.ts';
import type { Services } from '../../kernel/context.ts';
import { exportPages, type ExportRows } from '../../kernel/export.ts';
import { ownedBy } from '../../access/visibility.ts';

export const exportConversations: ExportRows = ({ database }, viewer) =>
  exportPages(({ after, take }) =>
    database.prisma.conversation.findMany({
      where: { ...ownedBy(viewer), id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { tenantId: true, ownerId: true },
    }),
  );

export const exportMessages: ExportRows = (services, viewer) =>
  inEachConversation(services, viewer, (conversationId, { after, take }) =>
    services.database.prisma.message.findMany({
      where: { conversationId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      select: {
        id: true,
        conversationId: true,
        position: true,
        role: true,
        status: true,
        content: true,
        context: true,
        notices: true,
        error: true,
        createdAt: true,
        finishedAt: true,
      },
    }),
  );

export const exportProposals: ExportRows = (services, viewer) =>
  inEachConversation(services, viewer, (conversationId, { after, take }) =>
    services.database.prisma.designProposal.findMany({
      where: { conversationId, id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      omit: { tenantId: true },
    }),
  );

/** Rows by conversation, for which there is an index, rather than by owner. */
async function* inEachConversation<Row extends { id: string }>(
  services: Pick<Services, 'database'>,
  viewer: Viewer,
  readPage: (conversationId: string, page: { after: string; take: number }) => Promise<Row[]>,
): AsyncGenerator<Row, void, undefined> {
  const conversations = exportPages(({ after, take }) =>
    services.database.prisma.conversation.findMany({
      where: { ...ownedBy(viewer), id: { gt: after } },
      orderBy: { id: 'asc' },
      take,
      select: { id: true },
    }),
  );
  for await (const { id } of conversations) yield* exportPages((page) => readPage(id, page));
}
