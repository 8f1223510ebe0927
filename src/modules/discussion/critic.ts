import { z } from 'zod';
import type { Estimate } from '../designs/estimate.ts';
import { critiqueByShape } from './built-in-critique.ts';
import { tidy } from './memory.ts';
import { CRITIQUE_INSTRUCTIONS, designData, memoryData, promptFor } from './prompts.ts';
import type { Memory } from './memory.ts';
import type { Draft } from './proposal.ts';
import { think, type Think } from './think.ts';
