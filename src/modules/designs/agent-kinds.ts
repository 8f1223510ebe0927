/**
 * Every kind of agent, declared once: the values and descriptions in GraphQL, the prompts of the discussion, the
 * estimates, the flowcharts and the OFFLINE provider's parts are made from it. `pipelines/agents/` implements each.
 */
export const AGENT_KINDS = {
  ANALYZER: {
    does: 'splits the request into questions that can be answered',
    usualInputTokens: 700,
    usualOutputTokens: 400,
    shape: ['{{', '}}'],
  },
  COLLECTOR: {
    does: 'gathers material from the data collector service, or else from the URLs that the request names',
    usualInputTokens: 3_000,
    usualOutputTokens: 800,
    shape: ['[(', ')]'],
  },
  VALIDATOR: {
    does: 'checks the quality of what was gathered',
    usualInputTokens: 800,
    usualOutputTokens: 500,
    shape: ['{', '}'],
  },
  SYNTHESIZER: {
    does: 'merges what several steps found',
    usualInputTokens: 750,
    usualOutputTokens: 900,
    shape: ['[[', ']]'],
  },
  REPORTER: {
    does: 'writes the final report in Markdown',
    usualInputTokens: 850,
    usualOutputTokens: 1_200,
    shape: ['([', '])'],
  },
  CUSTOM: {
    does: 'does what its prompt says',
    usualInputTokens: 650,
    usualOutputTokens: 700,
    shape: ['[', ']'],
  },
} as const satisfies Record<string, AgentKindDeclaration>;

export const AGENT_KIND_NAMES = Object.keys(AGENT_KINDS) as [AgentKind, ...AgentKind[]];

/** The last part of its task's name: calls of a VALIDATOR are named `agent.validator`. */
export function agentName<Kind extends AgentKind>(kind: Kind): Lowercase<Kind> {
  return kind.toLowerCase() as Lowercase<Kind>;
}

export type AgentKind = keyof typeof AGENT_KINDS;

interface AgentKindDeclaration {
  /** Completes the sentence "It …". */
  does: string;
  /** What it usually reads besides the request, its prompt and other outputs, for estimates: its instructions, and pages. */
  usualInputTokens: number;
  /** What it usually writes, for estimates. */
  usualOutputTokens: number;
  /** The brackets of its nodes in Mermaid. */
  shape: readonly [string, string];
}
