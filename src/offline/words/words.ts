/** What the OFFLINE model and the built-in rules say, apart from the language they say it in. */
import type { DesignSummary, ReplyKind, ReplyPlan } from '../../modules/discussion/engine/reply-plan.ts';
import type { Writer } from '../agents/writer.ts';

/** One language. */
export interface Words {
  designs: DesignWords;
  critique: CritiqueWords;
  changes: ChangeWords;
  /** How a need of each kind is looked at. */
  aspects: Record<Aspect, Aspects>;
  /** What a careful person would ask before starting. */
  questions: Record<OpenTopic, string>;
  reply: ReplyWords;
  agents: Writer;
}

export type Aspect =
  | 'COMPARISON'
  | 'LEGAL'
  | 'SOFTWARE'
  | 'FEEDBACK'
  | 'MARKET'
  | 'DATA'
  | 'NEWS'
  | 'WRITING'
  | 'GENERAL';

/** Both sides are collected apart from each other, so that neither colours the other. */
export interface Aspects {
  first: string;
  second: string;
  check: string;
}

export type OpenTopic = 'RESULT' | 'READERS' | 'SOURCES' | 'PERIOD' | 'FORM';

/** Of a step. */
export interface Task {
  title: string;
  prompt: string;
}

export interface DesignWords {
  yourRequest: string;
  shortForm: string;
  normalForm: string;
  fullForm: string;
  analyze(subject: string): Task;
  collect(subject: string, angle: string): Task;
  check(subject: string, check: string): Task;
  challenge(subject: string, angle: string): Task;
  merge(subject: string): Task;
  report(subject: string, form: string): Task;
  /** Introduces the requirements in the prompt of the report. */
  mustMeet: string;
  approveFindings(subject: string): string;
  approveReport(subject: string): string;
  speedTitle(subject: string): string;
  speedSummary(first: string): string;
  balancedTitle(subject: string): string;
  balancedSummary(first: string, second: string): string;
  qualityTitle(subject: string): string;
  qualitySummary(check: string): string;
}

export interface CritiqueWords {
  checked(title: string): string;
  unchecked(title: string): string;
  addCheck: string;
  wide(count: number): string;
  narrow: string;
  addSource: string;
  asks(title: string): string;
  asksAfter(title: string): string;
  waits(timeoutSeconds: number | null): string;
  nobodyLooks: string;
  addApproval: string;
  small(count: number, seconds: number): string;
  merged(title: string): string;
  long(longest: number, seconds: number): string;
  costly(count: number, costUsd: string): string;
  smaller: string;
  runs(count: number): string;
  untried: string;
  tryFirst: string;
}

export interface ChangeWords {
  /** `object` is what is to be checked or collected, `text` the whole request. */
  check(object: string, text: string): Task;
  collect(object: string, text: string): Task;
  custom(title: string, text: string): Task;
  question(title: string, text: string): string;
  questionAfter(title: string, text: string): string;
  added(title: string): string;
  removed(title: string): string;
  approval(title: string): string;
  approvalAfter(title: string): string;
  noApproval(title: string): string;
  nobodyAsked: string;
  instructed(title: string, text: string): string;
  faster: string;
  deeper: string;
}

/** Only `texts` is written in full; the rest are the phrases that `Phrases` is made of. */
export interface ReplyWords {
  texts: Record<ReplyKind, (plan: ReplyPlan, say: Phrases) => string>;
  seconds(count: number): string;
  minutes(count: number): string;
  /** Before the last part of a list. */
  and: string;
  changed(changes: string): string;
  open(question: string): string;
  nextStep: Record<'CONFIRMED' | 'SELECTED' | 'OPEN', string>;
  /** Stands at the end where the built-in rules made a part of what the reply shows. */
  builtIn: string;
}

/** What the texts of replies have in common. */
export interface Phrases {
  list(parts: readonly string[]): string;
  time(seconds: number): string;
  /** Empty when nothing has changed. */
  changed(design: DesignSummary): string;
  /** The first open question; empty without one. */
  open(plan: ReplyPlan): string;
  nextStep(plan: ReplyPlan, design: DesignSummary): string;
  /** To ask when too little is known. */
  questions: readonly string[];
  /** Whether the message is nothing but a greeting. */
  isGreeted: boolean;
}
