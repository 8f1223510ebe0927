/** The server process of a data folder, as its `postmaster.pid` names it. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from './access.ts';

export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

/** The running server of a data folder, or null. Ignores zombies and other processes that reuse the pid. */
export function readPostmaster(data: string): Postmaster | null {
  const lines = readText(path.join(data, 'postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!pid || !isAlive(pid)) return null;
  if (process.platform === 'linux') {
    const args = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? []; // empty for a zombie
    if (!args.some((arg) => arg === data || arg === nameOf(data))) return null;
  }
  return { pid, port: Number(lines[3]), ready: lines[7]?.startsWith('ready') ?? false };
}

/** Aborts running statements and stops the server, if one runs. */
export async function stopPostmaster(data: string): Promise<void> {
  const signals = ['SIGINT', 'SIGQUIT'] as const; // fast, then immediate shutdown: the next start recovers
  for (const signal of signals) {
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    const postmaster = readPostmaster(data);
    if (postmaster) send(postmaster.pid, signal);
    while (readPostmaster(data) && Date.now() < deadline) await sleep(10);
  }
}

/** An argument without effect, by which the server's command line names its folder even if `-D` does not. */
export const nameOf = (data: string) => `--agentforge.data_directory=${data}`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended in the meantime
  }
}

const STOP_TIMEOUT_MS = 20_000;
