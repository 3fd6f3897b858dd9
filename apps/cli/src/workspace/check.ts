import { exitCodes } from '#src/failure.ts';
import type { Output } from '#src/output.ts';
import { bin, node, run } from '#src/workspace/run.ts';

/** `steading check`: format and lint, types, invariants, generated files, unused code. Says what failed, in full. */
export async function check(options: { fix?: boolean }, out: Output): Promise<void> {
  const steps: [string, string[], string?][] = [
    ['format and lint', [bin('biome'), 'check', '--error-on-warnings', ...(options.fix ? ['--write'] : []), '.']],
    ['types', [bin('tsc'), '-p', '.']],
    ['types of the web app', [bin('tsc'), '-p', 'apps/web']],
    ["the web app's queries", node('apps/web/dev/check-documents.ts')],
    ['invariants', node('tools/src/tidy/tidy.ts')],
    ['generated files', node('tools/src/generated/generate.ts', ...(options.fix ? ['--write'] : []))],
    ['unused code', [bin('knip'), '--no-progress', '--no-config-hints']],
  ];
  let failed = 0;
  const results: { name: string; ok: boolean; seconds: number }[] = [];
  for (const [name, argv] of steps) {
    const { code, text, ms } = await run(argv);
    results.push({ name, ok: code === 0, seconds: ms / 1000 });
    out.line(
      `${code === 0 ? out.style('green', 'ok    ') : out.style('red', 'failed')} ${name} (${(ms / 1000).toFixed(1)} s)`,
    );
    if (code === 0) continue;
    failed++;
    out.line(text.trim().split('\n').slice(-60).join('\n'));
  }
  out.data(results);
  if (failed > 0) process.exitCode = exitCodes.failed;
}
