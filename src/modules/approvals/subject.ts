import { createHash } from 'node:crypto';
import type { AgentKind } from '../designs/agent-kinds.ts';

/**
 * What a decision is about, whole. Stored with the request, so that every reading shows the same. A type, because
 * Prisma accepts no interface as JSON.
 */
export type ApprovalSubject = {
  title: string;
  agent: AgentKind;
  /** Null: the step has none of its own. */
  prompt: string | null;
  /** What the steps before wrote, in the order of the design. */
  inputs: ApprovalInput[];
  /** What the step has written. Null before it runs. */
  output: string | null;
};

export type ApprovalInput = {
  stepKey: string;
  title: string;
  /** Empty for a skipped step: no step that has run leaves an empty output. */
  output: string;
};

/**
 * SHA-256, in lower-case hexadecimal digits, of the subject as canonical JSON (RFC 8785: UTF-8, the members of each
 * object sorted by name, no white space).
 */
export function hashOf({ agent, inputs, output, prompt, title }: ApprovalSubject): string {
  const sorted = inputs.map((input) => ({
    output: input.output,
    stepKey: input.stepKey,
    title: input.title,
  }));
  const canonical = JSON.stringify({ agent, inputs: sorted, output, prompt, title });
  return createHash('sha256').update(canonical).digest('hex');
}
