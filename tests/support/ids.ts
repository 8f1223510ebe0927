/** The key of the row that a global id identifies. */
export function rowId(globalId: string): string {
  return Buffer.from(globalId, 'base64url').toString().split(':')[1]!;
}
