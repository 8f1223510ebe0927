import { type Parsed, webUrl } from './setting.ts';

/** Settings of the workers. */
export interface WorkConfig {
  /** The operator's data service for the collector agent. Null: the agent reads the URLs that the user gave. */
  dataCollectorUrl: string | null;
}

export const WORK_SETTINGS = {
  DATA_COLLECTOR_URL: webUrl,
};

export function workConfig(env: Parsed<typeof WORK_SETTINGS>): WorkConfig {
  return { dataCollectorUrl: env.DATA_COLLECTOR_URL ?? null };
}
