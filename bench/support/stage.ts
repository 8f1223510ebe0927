import type { Client } from 'graphql-ws';
import { Account } from './account.ts';
import { databaseOf, PRODUCTION, providerSettings, startProduct } from './product.ts';
import { ProviderReader } from './provider-reader.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The product and a provider, two processes, with one signed-in user who has `sockets` sockets open. */
export async function openStage(sockets: number): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const provider = await startServer({
    script: 'bench/support/provider.ts',
    folder: parts.use(temporaryFolder()).path,
  });
  parts.use(provider);
  const folder = parts.use(temporaryFolder()).path;
  const product = parts.use(await startProduct(folder, { ...PRODUCTION, ...providerSettings(provider) }));
  const account = await Account.signUp(product.url, databaseOf(folder));
  const open: Client[] = [];
  // One after the other, because an address may have few sockets that have not signed in.
  for (let i = 0; i < sockets; i++) open.push(await account.openSocket());
  parts.defer(() => open.forEach((socket) => void socket.dispose()));

  const opened = parts.move();
  return {
    product,
    account,
    reader: new ProviderReader(provider),
    sockets: open,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export interface Stage extends AsyncDisposable {
  product: RunningServer;
  account: Account;
  /** The way without the product. */
  reader: ProviderReader;
  sockets: readonly Client[];
}
