import { logKind } from '../../../core/event-log/log.ts';

/** Something about a tenant's keys, or those of its members, has changed: what is cached of them is out of date. */
export interface KeysChanged {
  tenantId: string;
}

const keysLog = logKind<KeysChanged>('llm-keys');

/** Every process follows this one log. */
export const KEYS_LOG = keysLog('all');
