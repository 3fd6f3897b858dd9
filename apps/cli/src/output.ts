import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** How a command speaks: people read a terminal, programs read `--json`, and a pipe gets plain lines. */
export interface Output {
  readonly json: boolean;
  readonly terminal: boolean;
  /** A line of the answer, on standard output; nothing with `--json`. */
  line(text?: string): void;
  /** The whole answer for `--json`; nothing without it. */
  data(value: unknown): void;
  /** What is going on, on standard error: one line rewritten in a terminal, plain lines elsewhere. */
  progress(text: string): void;
  /** Ends the progress line, leaving it as it stands. */
  settle(): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  style(style: Style, text: string): string;
}

export function createOutput(json: boolean): Output {
  const terminal = process.stderr.isTTY === true && !json;
  let open = false;
  let last = '';

  const style = (wanted: Style, text: string) => styleText(wanted, text, { stream: process.stdout });
  const line = (text = '') => {
    if (!json) process.stdout.write(`${text}\n`);
  };

  return {
    json,
    terminal,
    line,
    style,
    data(value) {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    progress(text) {
      if (text === last) return;
      last = text;
      if (json) return;
      if (terminal) {
        process.stderr.write(`\r\u001b[2K${text}`);
        open = true;
      } else process.stderr.write(`${text}\n`);
    },
    settle() {
      if (open) process.stderr.write('\n');
      open = false;
    },
    table(head, rows) {
      if (rows.length === 0) return;
      const widths = head.map((title, column) =>
        Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
      );
      const print = (cells: readonly string[], how?: Style) => {
        const text = cells
          .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
          .join('  ');
        line(how ? style(how, text) : text);
      };
      print(head, 'dim');
      for (const row of rows) print(row);
    },
  };
}
