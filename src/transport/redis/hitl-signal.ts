import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * The message of the Redis channel `hitl:channel:{sessionId}`: a decision about an approval request, with its time in
 * Unix seconds. The signature is the HMAC-SHA256, in hex, of `requestId.decision.userId.tenantId.timestamp`.
 */
export interface HitlSignal {
  /** The `id` of the ApprovalRequest, or that of its row. */
  requestId: string;
  decision: 'APPROVE' | 'REJECT' | 'REVISE';
  /** Not signed. */
  comment: string | null;
  /** The user who decides and their tenant, as a token names them. */
  userId: string;
  tenantId: string;
  timestamp: number;
}

export const HITL_CHANNEL = 'hitl:channel:';

export function encodeSignal(secret: string, signal: HitlSignal): string {
  return JSON.stringify({ ...signal, signature: signatureOf(secret, signal).toString('hex') });
}

/** Reads a message from the channel; for one that is not authentic, why. */
export function readSignal(secret: string, message: string, now: Date): HitlSignal | SignalProblem {
  const parsed = message.length > MAX_MESSAGE_LENGTH ? null : parse(message);
  if (!parsed) return 'MALFORMED';
  const { signature, ...signal } = parsed;
  if (!timingSafeEqual(signatureOf(secret, signal), Buffer.from(signature, 'hex'))) return 'BAD_SIGNATURE';
  const ageSeconds = now.getTime() / 1_000 - signal.timestamp;
  if (Math.abs(ageSeconds) > REPLAY_WINDOW_SECONDS) return 'OUTDATED';
  return { ...signal, decision: signal.decision.toUpperCase() as HitlSignal['decision'] };
}

/** MALFORMED: no such message. OUTDATED: of more than five minutes ago, or ahead. */
export type SignalProblem = 'MALFORMED' | 'BAD_SIGNATURE' | 'OUTDATED';

function signatureOf(secret: string, signal: Omit<HitlSignal, 'decision'> & { decision: string }): Buffer {
  const { requestId, decision, userId, tenantId, timestamp } = signal;
  const text = [requestId, decision, userId, tenantId, timestamp].join('.');
  return createHmac('sha256', secret).update(text).digest();
}

function parse(message: string): z.output<typeof SIGNED> | null {
  try {
    return SIGNED.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}

const id = z.string().min(1).max(256);
const SIGNED = z.object({
  requestId: id,
  decision: z.string().regex(/^(approve|reject|revise)$/i),
  comment: z
    .string()
    .nullish()
    .transform((comment) => comment ?? null),
  userId: id,
  tenantId: id,
  timestamp: z.int().nonnegative(),
  signature: z.string().regex(/^[0-9a-f]{64}$/i),
});

const REPLAY_WINDOW_SECONDS = 300;
const MAX_MESSAGE_LENGTH = 32_768;
