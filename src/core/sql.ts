/** Runs one SQL statement with `$1` parameters, on a pool or inside a transaction. Returns rows as plain objects. */
export type Sql = <Row = Record<string, unknown>>(
  text: string,
  params?: readonly unknown[],
) => Promise<Row[]>;
