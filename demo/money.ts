import type {
  ConversationQuery,
  ExecutionQuery,
  UsageTodayQuery,
} from '../tools/product/documents/graphql.ts';
import { fit, paint } from './terminal.ts';

/** Every amount twice: added up from its parts, and as the API gives the whole. Equal to the micro-dollar, or false. */
export function sumsOf({ conversation, execution, today }: Accounts): Sum[] {
  const messages = conversation.messages.edges.map(({ node }) => micros(node.cost));
  const steps = execution.steps.map(({ cost }) => micros(cost));
  const [run, talk, day] = [execution.cost, conversation.cost, today.cost].map(micros) as [
    bigint,
    bigint,
    bigint,
  ];
  return [
    { parts: `${steps.length} steps`, partsMicros: total(steps), whole: 'run', wholeMicros: run },
    {
      parts: `${messages.length} messages`,
      partsMicros: total(messages),
      whole: 'conversation',
      wholeMicros: talk,
    },
    { parts: 'run + conversation', partsMicros: run + talk, whole: `day ${today.date}`, wholeMicros: day },
  ];
}

export function stepTable(steps: Execution['steps'], width: number): string[] {
  const line = (title: string, model: string, input: string, output: string, cost: string) =>
    `  ${fit(title, width - 50)}  ${fit(model, 16)}${input.padStart(8)}${output.padStart(8)}${cost.padStart(12)}`;
  return [
    paint('dim', line('step', 'model', 'in', 'out', 'cost')),
    ...steps.map(({ title, model, usage, cost }) =>
      line(title, model ?? '', String(usage.inputTokens), String(usage.outputTokens), dollars(micros(cost))),
    ),
  ];
}

export function sumTable(sums: Sum[]): string[] {
  return sums.map(({ parts, partsMicros, whole, wholeMicros }) => {
    const isEqual = partsMicros === wholeMicros;
    const left = `  ${fit(parts, 20)}${dollars(partsMicros).padStart(11)}`;
    const right = `${fit(whole, 16)}${dollars(wholeMicros).padStart(11)}`;
    return `${left}  ${paint(isEqual ? 'green' : 'red', isEqual ? '=' : '≠')}  ${right}`;
  });
}

export function areEqual(sums: Sum[]): boolean {
  return sums.every(({ partsMicros, wholeMicros }) => partsMicros === wholeMicros);
}

/** Exact: `"0.001275"` is 1275n. */
export function micros(decimal: string): bigint {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`${decimal} is not an amount in micro-dollars`);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

export function dollars(amountMicros: bigint): string {
  const digits = String(amountMicros).padStart(7, '0');
  return `$${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function total(amounts: bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

type Execution = NonNullable<ExecutionQuery['execution']>;

interface Accounts {
  conversation: NonNullable<ConversationQuery['conversation']>;
  execution: Execution;
  today: NonNullable<UsageTodayQuery['usageToday']>;
}

export interface Sum {
  parts: string;
  partsMicros: bigint;
  whole: string;
  wholeMicros: bigint;
}
