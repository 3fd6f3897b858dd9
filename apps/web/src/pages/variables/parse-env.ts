export interface ParsedEnv {
  variables: { name: string; value: string }[];
  /** Numbers, from 1, of the lines that are neither a variable, a comment nor empty. */
  badLines: number[];
}

/**
 * Reads text as a `.env` file has it: `NAME=value`, an optional `export`, values bare or in single or double quotes
 * (with \n in double ones), `#` at the start of a line as a comment. A name given twice keeps its last value.
 */
export function parseEnv(text: string): ParsedEnv {
  const found = new Map<string, string>();
  const badLines: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (!trimmed || trimmed.startsWith('#')) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(trimmed);
    if (match?.[1]) found.set(match[1], unquote(match[2] ?? ''));
    else badLines.push(index + 1);
  }
  return { variables: [...found].map(([name, value]) => ({ name, value })), badLines };
}

function unquote(value: string): string {
  const single = /^'(.*)'$/.exec(value);
  if (single) return single[1] ?? '';
  const double = /^"(.*)"$/.exec(value);
  if (double) return (double[1] ?? '').replaceAll(/\\([nrt"\\])/g, (_, letter: string) => escapes[letter] ?? letter);
  return value.replace(/\s+#.*$/, '');
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
