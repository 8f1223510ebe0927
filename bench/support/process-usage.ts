/** What processes use, as Linux tells it; NaN on other systems. */
import fs from 'node:fs';
import os from 'node:os';

/** CPU that the process has used so far, in user and kernel mode, to 10 ms. */
export function cpuMs(pid: number): number {
  return ticks(pid, [11, 12]);
}

/**
 * Begins to watch the machine; the call that comes back says what share of its CPU other processes have used since.
 * Own are this process and those of its children that have ended.
 */
export function watchOthers(): () => number {
  const [all, busy, own] = [allMs(), busyMs(), ownMs()];
  return () => Math.max(0, busyMs() - busy - (ownMs() - own)) / (allMs() - all);
}

/** Memory of one process that is in RAM. */
export function residentMb(pid: number): number {
  return kilobytes(read(`/proc/${pid}/status`), 'VmRSS') / 1024;
}

/** Memory of a process and its children, what they share counted once. */
export function proportionalMb(pid: number): number {
  const sizes = [pid, ...childrenOf(pid)].map((id) => kilobytes(read(`/proc/${id}/smaps_rollup`), 'Pss'));
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

const allMs = () =>
  os.cpus().reduce((sum, { times }) => sum + Object.values(times).reduce((a, b) => a + b), 0);
const busyMs = () => allMs() - os.cpus().reduce((sum, { times }) => sum + times.idle, 0);
const ownMs = () => ticks(process.pid, [11, 12, 13, 14]);

/** The sum of some fields of `/proc/<pid>/stat`, counted behind the name. */
function ticks(pid: number, which: readonly number[]): number {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return which.reduce((sum, field) => sum + Number(fields[field]), 0) * MS_PER_TICK;
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
}

/** Empty where there is no such file, or for a process that has just ended. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** USER_HZ, which is 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;
