import { ConflictError, NotFoundError } from '../../../errors.ts';
import { connection } from '../../../schema-kit/connection.ts';
import { decodeId } from '../../../schema-kit/global-id.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { node } from '../../../schema-kit/node.ts';
import { queryList } from '../../../schema-kit/query.ts';
import { MAX_EMAIL_LENGTH } from '../accounts/account.ts';
import { RoleRef } from '../schema.ts';
import { inviteUser, MAX_OPEN_INVITATIONS, revokeInvitation } from './service.ts';

const InvitationRef = node('Invitation', {
  description: 'An invitation to join a tenant. Visible to the ADMINs of the tenant.',
  fields: (t) => ({
    email: t.exposeString('email', {
      description: 'Address that was invited, in lower case. Who accepts may register with another one.',
    }),
    role: t.expose('role', { type: RoleRef, description: 'Role that the new member gets.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the invitation.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Time when the invitation expires: 7 days after it was made.',
    }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when somebody joined with it. Null until then.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Time when it was revoked, or replaced by a newer one of the same address. Null until then.',
    }),
  }),
});

queryList('invitations', {
  model: 'Invitation',
  connection: connection(InvitationRef, 'Invitation'),
  description:
    'Invitations to your tenant, newest first, with the accepted, revoked and expired ones. For ADMINs.',
  args: () => ({}),
  cursor: 'id',
  filter: () => ({}),
  order: () => ({ by: 'id', direction: 'DESC' }),
});

mutation(inviteUser, {
  description: `Invites somebody to your tenant: by mail, where the server sends mail, and by the secret. Registration with either accepts the invitation, once, within 7 days. A newer invitation of the same address replaces it. ConflictError when a member has the address, the server has closed registration, your own address has to be verified first, or ${MAX_OPEN_INVITATIONS} invitations are open.`,
  success: {
    invitation: { type: InvitationRef, description: 'The open invitation, without its secrets.' },
    secret: {
      type: 'String',
      description:
        'The `invitation` for `register`. It is shown once and never again. Pass it on yourself where no mail is sent.',
    },
  },
  errors: [ConflictError],
  input: (t) => ({
    email: t.string({
      required: true,
      description: `Address of the person, at most ${MAX_EMAIL_LENGTH} characters.`,
    }),
    role: t.field({ type: RoleRef, required: true, description: 'Role of the person in your tenant.' }),
  }),
});

mutation(revokeInvitation, {
  description:
    'Revokes an open invitation: nobody can accept it any more. Revoking it again changes nothing. ConflictError when it has been accepted.',
  success: { invitation: { type: InvitationRef, description: 'The revoked invitation.' } },
  errors: [NotFoundError, ConflictError],
  input: (t) => ({ invitationId: t.id({ required: true, description: 'Id of the invitation.' }) }),
  decodeIds: ({ invitationId }) => ({ invitationId: decodeId(invitationId, 'Invitation') }),
});
