import { type Parsed, webUrl } from './setting.ts';

/** What the work behind requests uses. */
export interface WorkConfig {
  /** The operator's service that the collector agent asks for data; null: it reads the URLs that the user gave. */
  dataCollectorUrl: string | null;
}

export const WORK_SETTINGS = {
  DATA_COLLECTOR_URL: webUrl,
};

export function workConfig(env: Parsed<typeof WORK_SETTINGS>): WorkConfig {
  return { dataCollectorUrl: env.DATA_COLLECTOR_URL ?? null };
}
