import type { StepStatus } from '../tools/product/documents/graphql.ts';
import { dollars, micros } from './money.ts';
import type { RunRecord, StepRecord } from './run-record.ts';
import { fit, paint, spinner, wrap } from './terminal.ts';

/** The run at a glance: a line for each step, how far it is, and the end of what is being written. */
export function board(record: RunRecord, width: number): string[] {
  const steps = [...record.steps.values()];
  const cost = steps.reduce((sum, step) => sum + micros(step.cost), 0n);
  return [
    '',
    ...steps.map((step) => boardLine(step, width)),
    '',
    progressLine(record.progress, cost, width),
    ...tail(record, width),
  ];
}

/** A step's line where nothing redraws. */
export function plainLine({ title, status, cost }: StepRecord): string {
  const amount = status === 'SUCCEEDED' ? `, ${dollars(micros(cost))}` : '';
  return `  ${status.toLowerCase().replaceAll('_', ' ')}: ${title}${amount}`;
}

function boardLine(step: StepRecord, width: number): string {
  const { status, text, cost } = step;
  const isOver = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'].includes(status);
  const tokens = text ? `~${Math.ceil(text.length / CHARACTERS_PER_TOKEN)} tokens` : '';
  const amount = isOver ? dollars(micros(cost)) : '';
  const title = fit(step.title, width - 31);
  return `  ${mark(status)}  ${status === 'PENDING' ? paint('dim', title) : title}  ${paint('dim', tokens.padStart(12))} ${amount.padStart(11)}`;
}

function mark(status: StepStatus): string {
  if (status === 'RUNNING') return spinner();
  const [style, sign] = MARKS[status];
  return paint(style, sign);
}

function progressLine(progress: number, costMicros: bigint, width: number): string {
  const barWidth = width - 24;
  const done = Math.round(progress * barWidth);
  const bar = paint('green', '━'.repeat(done)) + paint('dim', '─'.repeat(barWidth - done));
  return `  ${bar} ${`${Math.round(progress * 100)} %`.padStart(6)}  ${dollars(costMicros).padStart(11)}`;
}

/** Always as many lines, so that the picture does not jump. */
function tail({ writing }: RunRecord, width: number): string[] {
  if (!writing || writing.status !== 'RUNNING') return [];
  const lines = writing.text
    .slice(-TAIL_LINES * width)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => wrap(line, width - 4));
  const filled = [...lines, ...Array<string>(TAIL_LINES).fill('')].slice(
    Math.max(0, lines.length - TAIL_LINES),
  );
  return ['', ...filled.slice(0, TAIL_LINES).map((line) => paint('dim', `  ┊ ${line}`))];
}

const MARKS = {
  PENDING: ['dim', '·'],
  SUCCEEDED: ['green', '✔'],
  WAITING_FOR_APPROVAL: ['yellow', '?'],
  FAILED: ['red', '✘'],
  SKIPPED: ['dim', '↷'],
  CANCELLED: ['dim', '✘'],
} as const;

const TAIL_LINES = 2;
const CHARACTERS_PER_TOKEN = 4;
