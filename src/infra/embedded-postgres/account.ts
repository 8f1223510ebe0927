/** Who runs the programs of Postgres, and with what: no capability, no way to gain one, and no setting of ours. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { ConfigError } from '../../errors.ts';

export interface Account {
  uid: number;
  gid: number;
}

/** The account for the data folder: null, which means our own, except under root, as which Postgres refuses to run. */
export function accountFor(data: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  if (!fs.existsSync(data)) return unprivilegedAccount();
  const { uid, gid } = fs.statSync(data);
  return { uid, gid };
}

/**
 * The command and the options that run a program as the account. With setpriv (util-linux), the program also ends with
 * this process, however that ends, and cannot gain privileges. Without it, only the user and group ids are set, which
 * takes the capabilities of root away as well.
 */
export function asAccount(account: Account | null, program: string, args: string[]): AccountCommand {
  const setpriv = ['--pdeathsig=INT', '--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all'];
  if (account) {
    setpriv.push(`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--bounding-set=-all');
  }
  const env = ENVIRONMENT;
  const works = spawnSync('setpriv', [...setpriv, 'true'], { env }).status === 0;
  if (works) return { command: 'setpriv', args: [...setpriv, program, ...args], options: { env } };
  return { command: program, args, options: { env, ...account } };
}

/** Whether the account may enter the program's folder and run it. */
export function canRun({ uid, gid }: Account, program: string): boolean {
  return spawnSync(program, ['--version'], { uid, gid, cwd: '/', env: ENVIRONMENT }).status === 0;
}

function unprivilegedAccount(): Account {
  const accounts = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find(([entry]) => entry === name) ?? [];
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ConfigError([
    'DATABASE_URL must be set: Postgres refuses to run as root, and there is no account `nobody` to run it as',
  ]);
}

/** The whole environment of Postgres, the same everywhere. Ours stays out: it has our secrets, and settings for Postgres. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C',
  TZ: 'UTC',
};

interface AccountCommand {
  command: string;
  args: string[];
  options: { env: typeof ENVIRONMENT; uid?: number; gid?: number };
}
