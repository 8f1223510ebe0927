/**
 * Something that a person should know about a text or a run. Stored as JSON, in the order in which they came up; a type
 * and no interface, since Prisma takes only a type as JSON.
 */
export type Notice = {
  code: NoticeCode;
  /** For people to read. */
  message: string;
  /** The step of a run that it is about; null for a message and for a run as a whole. */
  stepKey: string | null;
  /** The material from outside that it is about: its URL, or its title where it has no URL. */
  source: string | null;
};

/** Every code, with its description in GraphQL. */
export const NOTICE_CODES = {
  TEXT_CLEANED: 'Control characters or invisible characters were removed from the text.',
  INJECTION_SUSPECTED: 'The text, or material from outside, resembles an attempt to steer the model.',
  OUTPUT_CUT: 'The output reached its token limit and ends there.',
  BUILT_IN_USED: 'Built-in rules created a part of the reply because the model gave no usable answer.',
} as const;

export function notice(code: NoticeCode, message: string, about: NoticeSubject = {}): Notice {
  return { code, message, stepKey: about.stepKey ?? null, source: about.source ?? null };
}

export type NoticeCode = keyof typeof NOTICE_CODES;

type NoticeSubject = Partial<Pick<Notice, 'stepKey' | 'source'>>;
