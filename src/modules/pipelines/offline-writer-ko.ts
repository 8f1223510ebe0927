import type { Writer } from './offline-script.ts';
export const KOREAN = {} as Writer;
