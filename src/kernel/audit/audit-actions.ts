/**
 * Every act of the audit log, with its meaning. A name is the kind of object and what has happened to it. Names are
 * stored for ever: add new ones, and never give an old one another meaning.
 */
export const AUDIT_ACTIONS = {
  'account.registered': 'Somebody created an account, with a tenant of its own or by an invitation.',
  'account.provisioned': 'A user of another token issuer came for the first time and got an account.',
  'account.email-changed': 'A user changed the e-mail address.',
  'account.email-verified': 'A user proved to have the e-mail address.',
  'account.password-changed': 'A user changed the password. Their other sessions ended.',
  'account.password-refused': 'A signed-in user gave a wrong current password.',
  'account.password-reset': 'A user set a new password by a link. All their sessions ended.',
  'account.reset-requested': 'Somebody asked for a link that resets the password of an account.',
  'account.link-created': 'The operator made a link for an account with the command `account-link`.',
  'account.exported': 'A user downloaded all that is stored of the own account, or began to.',
  'account.deleted': 'A user deleted the own account.',
  'operator.created': 'The account of the operator was created from the settings.',

  'session.started': 'A user signed in.',
  'session.refused': 'A sign-in failed: no such account, or a wrong password.',
  'session.ended': 'A user ended one of their sessions.',
  'session.signed-out': 'A user signed out.',
  'session.reuse-detected': 'A spent refresh token was used again, which ended its session.',
  'token.denied': 'The operator denied tokens of another issuer with the command `deny-token`.',

  'api-key.created': 'A user created an API key.',
  'api-key.revoked': 'A user revoked an API key of their own, or as an ADMIN one of the tenant.',

  'llm-key.saved':
    'A user stored a provider key of their own, or as an ADMIN one of the tenant, or replaced it.',
  'llm-key.validated': 'A user had a stored provider key checked at its provider.',
  'llm-key.deleted': 'A user deleted a provider key of their own, or as an ADMIN one of the tenant.',

  'user.role-changed': 'A member got another role, by an ADMIN or by the token of another issuer.',
  'user.removed': 'An ADMIN removed a member.',
  'user.plan-changed': 'The operator changed the plan of a user.',
  'tenant.cost-limit-changed': 'An ADMIN changed the spending limit of the tenant.',
  'invitation.created': 'An ADMIN invited somebody.',
  'invitation.revoked': 'An ADMIN revoked an invitation.',

  'conversation.deleted': 'A user deleted a conversation.',
  'template.shared': 'A user showed a template to the other members of the tenant.',
  'template.deleted': 'A user deleted a template of their own, or as an ADMIN one of the tenant.',
  'approval.decided': 'A user approved or rejected a step of a run, or sent its output back.',
  'approval.expired': 'Nobody decided about a step of a run in time, which rejected it.',
  'injection.suspected':
    'A text that a user sent, or material that a run read, resembles an attempt to steer the model. It was accepted.',
  'injection.refused': 'A text that a user sent was refused as an attempt to steer the model.',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/**
 * Which acts of the audit log a mutation records, or why it records none. It may record fewer: nothing is recorded when
 * nothing has changed.
 */
export type AuditDeclaration = readonly [AuditAction, ...AuditAction[]] | { none: string };
