import type { Words } from '../words.ts';
import { AGENTS } from './agents.ts';
import { ASPECTS, CHANGES, CRITIQUE, DESIGNS, QUESTIONS } from './designs.ts';
import { REPLY } from './reply.ts';

export const KOREAN: Words = {
  designs: DESIGNS,
  critique: CRITIQUE,
  changes: CHANGES,
  aspects: ASPECTS,
  questions: QUESTIONS,
  reply: REPLY,
  agents: AGENTS,
};
