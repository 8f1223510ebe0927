import { authorize } from '../../../access/authorize.ts';
import type { Permission } from '../../../access/permissions.ts';
import { visible } from '../../../access/visibility.ts';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import type { Prisma } from '../../../generated/prisma/client.ts';
import { builder } from '../../../schema-kit/builder.ts';
import { decodeId } from '../../../schema-kit/global-id.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { node } from '../../../schema-kit/node.ts';
import { PermissionRef, UserRef } from '../schema.ts';
import { createApiKey, MAX_KEY_NAME_LENGTH, revokeApiKey } from './service.ts';

const COST_LIMIT =
  'Spending limit of the key in US dollars per UTC day. Null: no limit of its own. What it starts counts for the limits of its owner and the tenant, too, and what keys that it creates start counts for its own.';

export const ApiKeyRef = node('ApiKey', {
  description:
    'A credential of a user for servers. It acts as its owner, with the permissions that it was given and its owner still has. The key itself is shown once, when it is created.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name that the owner gave the key.' }),
    prefix: t.exposeString('prefix', { description: 'First 11 characters of the key, to recognize it.' }),
    permissions: t.field({
      type: [PermissionRef],
      description:
        'Permissions that the key was given. A request may use those of them that its owner’s role still has.',
      resolve: ({ permissions }) => permissions as Permission[],
    }),
    costLimit: t.expose('costLimitMicros', { type: 'Decimal', nullable: true, description: COST_LIMIT }),
    owner: t.relation('user', { description: 'The user that the key acts as.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time when the key was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the latest use, to the minute. Null: never used.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the key expires. Null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the key was revoked. Null: it was not.',
    }),
  }),
});

/** Revoked keys last, so that many of them cannot hide a valid one. */
const LISTED = {
  orderBy: [{ revokedAt: { sort: 'desc', nulls: 'first' } }, { id: 'desc' }],
  take: 200,
} satisfies Prisma.ApiKeyFindManyArgs;
const ORDER = `newest first and revoked ones last; at most ${LISTED.take}`;

builder.queryField('apiKeys', (t) =>
  t.prismaField({
    type: [ApiKeyRef],
    nullable: true,
    description: `Your own API keys, with expired and revoked ones: ${ORDER}.`,
    complexity: { field: 1, multiplier: 20 },
    resolve: (query, _root, _args, ctx) => {
      const { tenantId, userId } = authorize(ctx, 'Query.apiKeys');
      return ctx.database.prisma.apiKey.findMany({ ...query, where: { tenantId, userId }, ...LISTED });
    },
  }),
);

builder.prismaObjectField(UserRef, 'apiKeys', (t) =>
  t.relation('apiKeys', {
    description: `API keys of the user, ${ORDER}. Empty for another member’s unless you manage users.`,
    complexity: { field: 1, multiplier: 20 },
    query: (_args, { viewer }) => ({ where: visible('ApiKey', viewer), ...LISTED }),
  }),
);

mutation(createApiKey, {
  description:
    'Creates an API key for servers, which acts as you. Send it as `Authorization: Bearer <key>` or as `X-API-Key`. A key cannot manage accounts, sessions and passwords. A key that is created with another key has at most its permissions, expiry and limit.',
  success: {
    apiKey: { type: ApiKeyRef, description: 'The new key.' },
    secret: { type: 'String', description: 'The key itself. It is shown only here; store it now.' },
  },
  errors: [ConflictError],
  input: (t) => ({
    name: t.string({
      required: true,
      description: `Name of the key, such as that of the server that uses it; 1 to ${MAX_KEY_NAME_LENGTH} characters.`,
    }),
    permissions: t.field({
      type: [PermissionRef],
      required: true,
      description: 'Permissions of the key, at most your own. An empty list makes a key that can only read.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'Time when the key expires. Default: never.' }),
    costLimit: t.field({ type: 'Decimal', description: `${COST_LIMIT} Not negative. Default: null.` }),
  }),
});

mutation(revokeApiKey, {
  description:
    'Revokes one of your API keys or, as an ADMIN, any of the tenant, and with it the keys that were created with it. Requests with them are refused at once, and their live connections end within a second. Revoking it again changes nothing. With an API key, it requires API_KEY_MANAGE.',
  success: { apiKey: { type: ApiKeyRef, description: 'The revoked key.' } },
  errors: [NotFoundError],
  input: (t) => ({ apiKeyId: t.id({ required: true, description: 'Id of the API key.' }) }),
  decodeIds: ({ apiKeyId }) => ({ apiKeyId: decodeId(apiKeyId, 'ApiKey') }),
});
