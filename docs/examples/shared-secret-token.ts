import { SignJWT } from 'jose';

/** A token of ten minutes for one of your users, signed with the secret that your service and AgentForge share. */
export function tokenFor(
  user: { id: string; tenantId: string; email?: string; role?: string },
  secret: string,
) {
  return new SignJWT({ tenant_id: user.tenantId, email: user.email, role: user.role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(user.id)
    .setIssuedAt()
    .setExpirationTime('10 minutes')
    .sign(new TextEncoder().encode(secret));
}
