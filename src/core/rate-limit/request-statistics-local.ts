/** Counts of one process for one UTC day. It knows a limited number of groups and users; further ones are left out. */
export class LocalStatistics {
  readonly groups = new Map<string, GroupCounts>();
  #day = '';
  #users = 0;

  get isEmpty(): boolean {
    return this.groups.size === 0;
  }

  add({ group, user, isBlocked }: CountedRequest, now: number): void {
    this.#startDay(now);
    const counts = this.groups.get(group) ?? { total: 0, blocked: 0, lastSeen: new Map<string, number>() };
    if (!this.groups.has(group)) {
      if (this.groups.size >= MAX_GROUPS) return;
      this.groups.set(group, counts);
    }
    counts.total += 1;
    if (isBlocked) counts.blocked += 1;
    if (!counts.lastSeen.has(user)) {
      if (this.#users >= MAX_USERS) return;
      this.#users += 1;
    }
    counts.lastSeen.set(user, now);
  }

  read(group: string, now: number): Statistics {
    this.#startDay(now);
    const { total = 0, blocked = 0, lastSeen = new Map<string, number>() } = this.groups.get(group) ?? {};
    const activeUsers = [...lastSeen.values()].filter((at) => now - at < ACTIVE_MS).length;
    return { total, blocked, uniqueUsers: lastSeen.size, activeUsers };
  }

  #startDay(now: number): void {
    const day = dayOf(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#users = 0;
    this.groups.clear();
  }
}

/** The UTC day of a time, such as 2026-11-28. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export const ACTIVE_MS = 60_000;
const MAX_GROUPS = 10_000;
/** Of all groups together; about 10 MB. */
const MAX_USERS = 100_000;

export interface GroupCounts {
  total: number;
  blocked: number;
  /** The time of the last request of each user. */
  lastSeen: Map<string, number>;
}

export interface CountedRequest {
  group: string;
  user: string;
  isBlocked: boolean;
}

export interface Statistics {
  /** Requests of the day, with those that were blocked. */
  total: number;
  blocked: number;
  /** Users with a request on the day. */
  uniqueUsers: number;
  /** Users with a request in the last minute. */
  activeUsers: number;
}
