import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** An empty folder that is gone, with all that is in it, when its block or the process ends. */
export function temporaryFolder(): TemporaryFolder {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agentforge-bench-'));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 }); // while servers still end
  process.once('exit', remove);
  return {
    path: folder,
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}

export interface TemporaryFolder extends Disposable {
  path: string;
}
