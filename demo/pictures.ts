import type { Proposal } from './discussion.ts';
import { dollars, micros } from './money.ts';
import { columnsOf, fit, paint, paragraph, wrap } from './terminal.ts';

export function proposalLines(proposal: Proposal, width: number): string[] {
  const { strategy, title, critique, estimatedCost, estimatedSeconds, design } = proposal;
  const facts = [
    (critique ? `${critique.score}/10` : '').padStart(5),
    dollars(micros(estimatedCost)),
    `${estimatedSeconds} s`.padStart(5),
    `${design.steps.length} steps`,
  ].join('  ');
  const reasons = [
    ...(critique?.strengths ?? []).slice(0, 1).map((text) => ({ text, sign: paint('green', '+') })),
    ...(critique?.weaknesses ?? []).slice(0, 1).map((text) => ({ text, sign: paint('red', '−') })),
    ...(critique?.suggestions ?? []).slice(0, 1).map((text) => ({ text, sign: paint('cyan', '→') })),
  ];
  return [
    `  ${paint('bold', fit(strategy, 9))} ${paint('yellow', facts)}`,
    ...paragraph(MARGIN, title, width),
    ...reasons.flatMap(({ text, sign }) => paragraph(`${MARGIN} ${sign}`, text, width, 'dim')),
  ];
}

/** A question to a person, framed. */
export function questionBox(title: string, question: string, width: number): string[] {
  const inner = width - 6;
  const edge = (text: string) => paint('yellow', text);
  const name = fit(title, Math.min(columnsOf(title), inner - 4));
  return [
    edge(`  ┌─ ${name} ${'─'.repeat(inner - columnsOf(name) - 1)}┐`),
    ...wrap(question, inner).map((line) => `  ${edge('│')} ${fit(line, inner)} ${edge('│')}`),
    edge(`  └${'─'.repeat(inner + 2)}┘`),
  ];
}

export function verdict(isGood: boolean): string {
  return isGood ? paint('green', '✔') : paint('red', '✘');
}

export function whatNext(): string[] {
  const ways = [
    ['npm start', 'the server to keep, on port 9000'],
    ['http://127.0.0.1:9000/graphql', 'GraphiQL, with this story in its tabs'],
    ['OPENAI_API_KEY=… npm run demo', 'the same with a real model'],
    ['npm run demo -- http://127.0.0.1:9000', 'the same against a server of yours'],
    ['docs/', 'how it is used, built and run'],
  ] as const;
  return ways.map(([what, why]) => `  ${paint('cyan', what.padEnd(38))} ${paint('dim', why)}`);
}

const MARGIN = ' '.repeat(11);
