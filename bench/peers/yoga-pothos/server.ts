/**
 * What the documentation of Yoga and of Pothos's Prisma plugin makes of the same tables: `conversations` with their
 * `messages`, on the same Prisma client, and nothing else: no sign-in, no limits, no masking beside Yoga's own.
 * The tenant comes in a header and is believed.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { PrismaPg } from '@prisma/adapter-pg';
import { createYoga } from 'graphql-yoga';
import { PrismaClient } from '../../../src/generated/prisma/client.ts';
import type PrismaTypes from '../../../src/generated/pothos-prisma-types.ts';
import { getDatamodel } from '../../../src/generated/pothos-prisma-types.ts';

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'], max: 20 }),
});

const builder = new SchemaBuilder<{
  PrismaTypes: PrismaTypes;
  Context: { tenantId: string };
  Scalars: { DateTime: { Input: Date; Output: Date } };
}>({
  plugins: [RelayPlugin, PrismaPlugin],
  relay: {},
  scopeAuth: { authScopes: () => ({}) }, // the types ask for it, since the product uses that plugin; it is not loaded
  prisma: { client: prisma, dmmf: getDatamodel(), defaultConnectionSize: 20, maxConnectionSize: 100 },
});

builder.scalarType('DateTime', { serialize: (date) => date.toISOString() });

const Message = builder.prismaNode('Message', {
  id: { field: 'id' },
  fields: (t) => ({
    role: t.exposeString('role'),
    content: t.exposeString('content'),
    status: t.exposeString('status'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const Conversation = builder.prismaNode('Conversation', {
  id: { field: 'id' },
  fields: (t) => ({
    title: t.exposeString('title'),
    stage: t.exposeString('stage'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    messages: t.relatedConnection('messages', {
      type: Message,
      cursor: 'id',
      query: { orderBy: { position: 'asc' } },
    }),
  }),
});

builder.queryType({
  fields: (t) => ({
    conversations: t.prismaConnection({
      type: Conversation,
      cursor: 'id',
      resolve: (query, _root, _args, { tenantId }) =>
        prisma.conversation.findMany({ ...query, where: { tenantId }, orderBy: { id: 'desc' } }),
    }),
  }),
});

const yoga = createYoga({
  schema: builder.toSchema(),
  context: ({ request }) => ({ tenantId: request.headers.get('x-tenant-id') ?? '' }),
  logging: false,
});

const server = createServer((request, response) => {
  if (request.url === '/ready') response.end();
  else void yoga(request, response);
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () =>
  console.log(JSON.stringify({ ...(server.address() as AddressInfo), msg: 'peer is ready' })),
);
process.once('SIGTERM', () => process.exit());
