import type { AgentKind } from '../../modules/designs/agent-kinds.ts';
import type { Material, SubjectWords } from './material.ts';

/**
 * One language: the text of each kind of agent. A kind that has none of its own is written like a CUSTOM step. The
 * texts use the material as it is: it holds no markup.
 */
export interface Writer extends SubjectWords {
  /** Ends a text that was written with remarks of an approver. */
  remarked: (remarks: readonly string[]) => string;
  texts: Partial<Record<AgentKind, WriteText>> & { CUSTOM: WriteText };
}

type WriteText = (material: Material) => string;
