/** The nested query of a client's first page, beside a bare Yoga + Pothos-prisma server on the same database. */
import { deepStrictEqual } from 'node:assert';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../src/generated/prisma/client.ts';
import { ApiClient } from './support/api-client.ts';
import { askOnce, type Load, type LoadRequest, loadWith } from './support/http-load.ts';
import { cpuMs } from './support/process-usage.ts';
import { databaseOf, startProduct } from './support/product.ts';
import type { Report } from './support/report.ts';
import { ServerProcess } from './support/server-process.ts';
import { median } from './support/statistics.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchNested({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const durationMs = quick ? 500 : 5_000;
  using folder = temporaryFolder();
  using peerFolder = temporaryFolder();
  await using product = await startProduct(folder.path);
  const databaseUrl = databaseOf(folder.path);
  await using peer = await ServerProcess.start({
    script: 'bench/peers/yoga-pothos/server.ts',
    folder: peerFolder.path,
    settings: { DATABASE_URL: databaseUrl, NODE_ENV: 'production' },
  });
  const api = await ApiClient.signUp(product, databaseUrl);
  await fill(databaseUrl, api);

  const servers = [
    server('product', product, { authorization: `Bearer ${api.token}` }),
    server('Yoga + Pothos-prisma, bare', peer, { 'x-tenant-id': api.tenantId }),
  ] as const;
  const [answer, peerAnswer] = await Promise.all(servers.map(({ request }) => askOnce(request)));
  deepStrictEqual(withoutIds(answer), withoutIds(peerAnswer), 'both must give the same answer');

  for (const { request } of servers) await loadWith(request, CONNECTIONS, durationMs / 5);
  for (let round = 0; round < rounds; round++) {
    for (const { pid, request, found } of servers) {
      const before = cpuMs(pid);
      const load = await loadWith(request, CONNECTIONS, durationMs);
      found.push({ ...load, cpuMs: (cpuMs(pid) - before) / load.requests });
    }
  }

  const of = (found: Found[], name: keyof Found) => median(found.map((load) => load[name]));
  const [own, bare] = servers;
  const ratio = of(own.found, 'perSecond') / of(bare.found, 'perSecond');
  return {
    title: `nested: ${CONVERSATIONS} conversations × ${MESSAGES} messages, ${CONNECTIONS} connections`,
    tables: [
      {
        columns: ['server', 'requests/s', 'ratio', 'Node CPU a request', 'ratio', 'p99'],
        rows: servers.map(({ name, found }) => [
          name,
          of(found, 'perSecond').toFixed(0),
          `${(of(found, 'perSecond') / of(bare.found, 'perSecond')).toFixed(2)} ×`,
          `${of(found, 'cpuMs').toFixed(2)} ms`,
          `${(of(found, 'cpuMs') / of(bare.found, 'cpuMs')).toFixed(2)} ×`,
          `${of(found, 'p99Ms').toFixed(0)} ms`,
        ]),
      },
    ],
    notes: [
      'The product also verifies a token, reads its session, and checks permissions and limits, each time.',
    ],
    goals: [
      {
        what: 'nested: requests/s over Yoga + Pothos-prisma',
        goal: '≥ 1.3 ×',
        measured: `${ratio.toFixed(2)} ×`,
        met: ratio >= 1.3,
      },
    ],
  };
}

function server(name: string, { pid, url }: ServerProcess, headers: Record<string, string>) {
  const request: LoadRequest = {
    url: `${url}/graphql`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: QUERY }),
  };
  const found: Found[] = [];
  return { name, pid, request, found };
}

async function fill(databaseUrl: string, { tenantId, userId: ownerId }: ApiClient): Promise<void> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) });
  for (let nth = 1; nth <= CONVERSATIONS; nth++) {
    const messages = Array.from({ length: MESSAGES }, (_, index) => ({
      tenantId,
      position: index + 1,
      role: index % 2 === 0 ? ('USER' as const) : ('ASSISTANT' as const),
      status: 'COMPLETE' as const,
      content: `Message ${index + 1} of conversation ${nth}. ${'What rain says to a roof. '.repeat(8)}`,
    }));
    await prisma.conversation.create({
      data: { tenantId, ownerId, title: `Conversation ${nth}`, messages: { create: messages } },
    });
  }
  await prisma.$executeRaw`ANALYZE`;
  await prisma.$disconnect();
}

/** Global ids are made differently. */
function withoutIds(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value: unknown) => (key === 'id' ? undefined : value)));
}

const CONVERSATIONS = 20;
const MESSAGES = 10;
const CONNECTIONS = 50;

const QUERY = `{
  conversations(first: ${CONVERSATIONS}) {
    edges { node {
      id title stage updatedAt
      messages(first: ${MESSAGES}) { edges { node { id role content status createdAt } } pageInfo { hasNextPage } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}`;

type Found = Load & { cpuMs: number };
