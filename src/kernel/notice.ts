/**
 * Information for the user about a text or a run. Stored as JSON in order of occurrence. A type, because Prisma accepts
 * no interface as JSON.
 */
export type Notice = {
  code: NoticeCode;
  /** Human-readable. */
  message: string;
  /** Key of the step concerned. Null for a message or a whole run. */
  stepKey: string | null;
  /** URL or title of the external material concerned. */
  source: string | null;
};

/** Every code, with its description in GraphQL. */
export const NOTICE_CODES = {
  TEXT_CLEANED: 'Control characters or invisible characters were removed from the text.',
  INJECTION_SUSPECTED: 'The text, or material from outside, resembles an attempt to steer the model.',
  OUTPUT_CUT: 'The text ends where a limit was reached, or may be incomplete. The message names the cause.',
  STEP_SKIPPED: 'The last step was rejected and skipped. The report holds what the steps before it wrote.',
  USAGE_ESTIMATED:
    'The provider did not report what the text used, or reported what cannot be. The cost is an estimate.',
  USAGE_ABOVE_RESERVATION:
    'The provider reported more than the request allowed. Only what was reserved is charged.',
  BUILT_IN_USED: 'Built-in rules created a part of the reply because the model gave no usable answer.',
} as const;

export function notice(code: NoticeCode, message: string, about: NoticeSubject = {}): Notice {
  return { code, message, stepKey: about.stepKey ?? null, source: about.source ?? null };
}

export type NoticeCode = keyof typeof NOTICE_CODES;

type NoticeSubject = Partial<Pick<Notice, 'stepKey' | 'source'>>;
