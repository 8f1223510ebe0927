import DataLoader from 'dataloader';

/**
 * Loads data of objects in a response: from an object's snapshot if there is one, else from the database, in one read
 * per batch.
 */
export function snapshotLoader<Snapshot, Value>({
  snapshots,
  ofSnapshot,
  read,
  none,
}: SnapshotLoaderOptions<Snapshot, Value>): DataLoader<string, Value> {
  return new DataLoader(
    async (ids) => {
      const missing = [...new Set(ids)].filter((id) => !snapshots.has(id));
      const found = missing.length > 0 ? await read(missing) : new Map<string, Value>();
      return ids.map((id) => {
        const snapshot = snapshots.get(id);
        return snapshot ? ofSnapshot(snapshot) : (found.get(id) ?? none);
      });
    },
    { cache: false }, // a later mutation of the same request changes what is read
  );
}

interface SnapshotLoaderOptions<Snapshot, Value> {
  /** By the id of the object. */
  snapshots: ReadonlyMap<string, Snapshot>;
  ofSnapshot: (snapshot: Snapshot) => Value;
  read: (ids: string[]) => Promise<Map<string, Value>>;
  /** Value for an object without data. */
  none: Value;
}
