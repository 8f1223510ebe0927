/** The nested query of a client's first page, beside a bare Yoga + Pothos-prisma server on the same database. */
import { deepStrictEqual } from 'node:assert';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../src/generated/prisma/client.ts';
import { Account } from './support/account.ts';
import { askOnce, type Load, type LoadRequest, loadWith } from './support/http-load.ts';
import { cpuMs } from './support/process-usage.ts';
import { databaseOf, PRODUCTION, startProduct } from './support/product.ts';
import type { Report } from '../tools/report.ts';
import { type RunningServer, startServer } from './support/running-server.ts';
import { median } from '../tools/statistics.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchNested({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const durationMs = quick ? 500 : 4_000;
  using folder = temporaryFolder();
  using peerFolder = temporaryFolder();
  await using product = await startProduct(folder.path, PRODUCTION);
  const databaseUrl = databaseOf(folder.path);
  await using peer = await startServer({
    script: 'bench/peers/yoga-pothos/server.ts',
    folder: peerFolder.path,
    settings: { DATABASE_URL: databaseUrl, NODE_ENV: 'production', MAX_COST_PER_DAY: '1' },
  });
  const cases = [];
  for (const messages of [MESSAGES, MESSAGES_LONG]) {
    const account = await Account.signUp(product.url, databaseUrl);
    await fill(databaseUrl, account, messages);
    cases.push({ messages, own: asProduct(product, account), bare: asPeer(peer, account) });
  }
  for (const { own, bare } of cases) await warmUp(own, bare, durationMs / 5);
  for (let round = 0; round < rounds; round++) {
    for (const { own, bare } of cases) for (const server of [own, bare]) await measure(server, durationMs);
  }

  const ratio = of(cases[0]!.own, 'perSecond') / of(cases[0]!.bare, 'perSecond');
  return {
    title: `nested: ${CONVERSATIONS} conversations × ${MESSAGES} messages, ${CONNECTIONS} connections`,
    tables: [
      {
        columns: ['server, messages there are', 'requests/s', 'ratio', 'Node CPU a request', 'ratio', 'p99'],
        rows: cases.flatMap(({ messages, own, bare }) => [
          row(own, bare, messages),
          row(bare, bare, messages),
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

/** Both must give the same answer; global ids apart, which are made differently. */
async function warmUp(own: Server, bare: Server, durationMs: number): Promise<void> {
  const withoutIds = (answer: unknown): unknown =>
    JSON.parse(
      JSON.stringify(answer, (key, value: unknown) => (/^(id|endCursor)$/.test(key) ? undefined : value)),
    );
  deepStrictEqual(withoutIds(await askOnce(own.request)), withoutIds(await askOnce(bare.request)));
  for (const { request } of [own, bare]) await loadWith(request, CONNECTIONS, durationMs);
}

async function measure({ pid, request, found }: Server, durationMs: number): Promise<void> {
  const before = cpuMs(pid);
  const load = await loadWith(request, CONNECTIONS, durationMs);
  found.push({ ...load, cpuMs: (cpuMs(pid) - before) / load.requests });
}

const of = ({ found }: Server, name: keyof Found) => median(found.map((load) => load[name]));

function row(server: Server, bare: Server, messages: number): string[] {
  const ratio = (name: keyof Found) => `${(of(server, name) / of(bare, name)).toFixed(2)} ×`;
  return [
    `${server.name}, ${messages}`,
    of(server, 'perSecond').toFixed(0),
    ratio('perSecond'),
    `${of(server, 'cpuMs').toFixed(2)} ms`,
    ratio('cpuMs'),
    `${of(server, 'p99Ms').toFixed(0)} ms`,
  ];
}

const asProduct = (product: RunningServer, { api }: Account) =>
  server('product', product, { authorization: `Bearer ${api.accessToken}` });

const asPeer = (peer: RunningServer, { tenantId }: Account) =>
  server('Yoga + Pothos-prisma', peer, { 'x-tenant-id': tenantId });

function server(name: string, { pid, url }: RunningServer, headers: Record<string, string>): Server {
  const request: LoadRequest = {
    url: `${url}/graphql`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: QUERY }),
  };
  return { name, pid, request, found: [] };
}

async function fill(
  databaseUrl: string,
  { tenantId, userId: ownerId }: Account,
  count: number,
): Promise<void> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) });
  for (let nth = 1; nth <= CONVERSATIONS; nth++) {
    const messages = Array.from({ length: count }, (_, index) => ({
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

const CONVERSATIONS = 20;
const MESSAGES = 10;
/** So many has each conversation of another user, who asks for as few of them. */
const MESSAGES_LONG = 200;
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

interface Server {
  name: string;
  pid: number;
  request: LoadRequest;
  found: Found[];
}
