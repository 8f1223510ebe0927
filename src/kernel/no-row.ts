/**
 * A condition that no row meets, wherever it stands. An empty `OR` would be no such condition: at the top of a `where`
 * Prisma finds no row, but inside of `AND` it ignores it and finds all.
 */
export const NO_ROW = { id: { in: [] as string[] } };
