/** What a bench found: a table or two, what to know when reading them, and the goals it judges. */
export interface Report {
  title: string;
  tables: readonly Table[];
  notes?: readonly string[];
  goals?: readonly Goal[];
}

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

export interface Goal {
  what: string;
  goal: string;
  measured: string;
  met: boolean;
}

export function printReport({ title, tables, notes = [] }: Report): void {
  console.log(`\n${title}\n`);
  for (const table of tables) printTable(table);
  for (const note of notes) console.log(`  ${note}`);
}

export function printGoals(goals: readonly Goal[]): void {
  if (goals.length === 0) return;
  console.log('\nGoals\n');
  const rows = goals.map(({ what, goal, measured, met }) => [what, goal, measured, met ? 'met' : 'missed']);
  printTable({ columns: ['what', 'goal', 'measured', ''], rows });
}

/** First column to the left, the others, which are figures, to the right. */
function printTable({ columns, rows }: Table): void {
  const widths = columns.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)));
  for (const row of [columns, widths.map((width) => '─'.repeat(width)), ...rows]) {
    console.log(`  ${line(row).join('   ').trimEnd()}`);
  }
  console.log();
}
