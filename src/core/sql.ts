/** One parameterised SQL statement, on a pool or inside a transaction: `$1`-style parameters, rows as plain objects. */
export type Sql = <Row = Record<string, unknown>>(
  text: string,
  params?: readonly unknown[],
) => Promise<Row[]>;
