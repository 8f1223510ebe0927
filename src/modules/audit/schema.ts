import type { AuditTarget } from '../../kernel/audit/audit.ts';
import { connection } from '../../schema-kit/connection.ts';
import { encodeId } from '../../schema-kit/global-id.ts';
import { node } from '../../schema-kit/node.ts';
import { queryList } from '../../schema-kit/query.ts';
import { formatMicros } from '../../schema-kit/scalars.ts';

const AuditEntryRef = node('AuditEntry', {
  description:
    'A security-relevant act in a tenant. Entries are never changed or deleted; those of each tenant form a hash chain, which the operator can verify.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Time of the act.' }),
    actor: t.relation('actor', {
      nullable: true,
      description:
        'Who acted. Null: nobody who was signed in, the operator, or this server by itself, such as at the end of a time limit.',
    }),
    action: t.exposeString('action', {
      description: 'What was done, such as `api-key.created`. The names are in the documentation.',
    }),
    target: t.string({
      nullable: true,
      description:
        'Id of the object that was acted upon, as `node` takes it. The object may not exist any more, or be visible to its owner only. Null: the act has none.',
      resolve: ({ targetType, targetId }) => targetType && targetId && encodeId(targetType, targetId),
    }),
    ip: t.string({
      nullable: true,
      description:
        'IP address of the client. Null: the act came from no request, or the acting person has deleted the account.',
      select: { address: { select: { ip: true } } },
      resolve: ({ address }) => address?.ip ?? null,
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: '`X-Request-ID` of the request. Null: the act came from no request.',
    }),
    detail: t.field({
      type: 'JSONObject',
      nullable: true,
      description:
        'What else is known, such as `from` and `to` of a change, and the `credential` (id of a session or API key) that was used. Null: nothing.',
      resolve: ({ detail }) => shown(detail as Record<string, unknown>),
    }),
  }),
});

queryList('auditLog', {
  model: 'AuditEntry',
  connection: connection(AuditEntryRef, 'AuditEntry'),
  description: 'Audit log of your tenant, newest act first. For ADMINs.',
  args: (t) => ({
    action: t.arg.string({
      description: 'Only acts of this name, such as `session.refused`. An unknown name gives an empty list.',
    }),
  }),
  cursor: 'id',
  filter: ({ action }) => (action == null ? {} : { action }),
  order: () => ({ by: 'id', direction: 'DESC' }),
});

/** Objects get the ids that clients know, and amounts become dollars: `toMicros` becomes `to`. */
function shown(detail: Record<string, unknown>): Record<string, unknown> | null {
  const members = Object.entries(detail).map(([name, value]) => {
    if (isTarget(value)) return [name, encodeId(value.type, value.id)];
    if (!name.endsWith('Micros')) return [name, value];
    return [name.slice(0, -'Micros'.length), value === null ? null : formatMicros(BigInt(value as string))];
  });
  return members.length === 0 ? null : (Object.fromEntries(members) as Record<string, unknown>);
}

function isTarget(value: unknown): value is AuditTarget {
  return typeof value === 'object' && value !== null && 'type' in value && 'id' in value;
}
