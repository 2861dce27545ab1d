import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Text for a terminal: with colours where one is looking, and the same words without them where the output is piped or NO_COLOR is set. */
export interface Terminal {
  line(text?: string): void;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  /** Rows in columns, the first row being the heading. */
  table(rows: readonly (readonly string[])[]): void;
}

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const style = (format: Style) => (text: string) => styleText(format, text, { stream, validateStream: true });
  const line = (text = '') => void stream.write(`${text}\n`);
  const bold = style('bold');
  return {
    line,
    bold,
    dim: style('dim'),
    good: style('green'),
    bad: style('red'),
    table(rows) {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
      for (const [index, row] of rows.entries()) {
        const text = row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd();
        line(`  ${index === 0 ? bold(text) : text}`);
      }
    },
  };
}
