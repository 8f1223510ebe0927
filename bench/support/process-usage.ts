/** What processes use, as Linux tells it; NaN on other systems. */
import fs from 'node:fs';

/** CPU that the process has used so far, in user and kernel mode, to 10 ms. */
export function cpuMs(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
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
