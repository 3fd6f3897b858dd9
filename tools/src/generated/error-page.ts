import type { ErrorCatalogue } from '@steading/kit';

/** docs/errors.md: every code that a client may be answered with, by the part that answers it. */
export function printErrorPage(parts: ReadonlyMap<string, ErrorCatalogue>): string {
  const lines = [
    '# Errors',
    '',
    'Every error that leaves the house has a code, a sentence that says what to do, and a request id. In GraphQL they stand in',
    '`errors[].extensions`, elsewhere in `{ "error": { "code", "message", "details", "requestId" } }`. Words in braces are filled in.',
    'This page is written from the catalogues in the code (`steading check` compares them).',
  ];
  for (const [part, catalogue] of parts) {
    const rows = Object.entries(catalogue).map(
      ([code, { status, text }]) => `| \`${code}\` | ${status} | ${text.replaceAll('|', '\\|')} |`,
    );
    if (rows.length > 0)
      lines.push('', `## ${part}`, '', '| code | status | what it says |', '| --- | --- | --- |', ...rows);
  }
  return `${lines.join('\n')}\n`;
}
