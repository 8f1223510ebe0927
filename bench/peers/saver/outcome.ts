/** What makes a finished step durable. */
export const VARIANTS = ['rows', 'rows and saver', 'saver'] as const;
export type Variant = (typeof VARIANTS)[number];

/** How LangGraph is asked to go on: with the run's input, with null, or with a command that resumes an interrupt. */
export const TAKE_UP_CALLS = ['input', 'null', 'resume'] as const;
export type TakeUpCall = (typeof TAKE_UP_CALLS)[number];

export interface TakeUpOutcome {
  /** `ended`, or what happened instead: the name of an error. */
  result: string;
  /** How many steps were executed, by this call. */
  executed: number;
}

export function isVariant(text: string | undefined): text is Variant {
  return VARIANTS.some((variant) => variant === text);
}
