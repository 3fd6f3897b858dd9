import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '#src/failure.ts';
import { buildIfStale } from '#src/local/builds.ts';
import { workspaceRoot } from '#src/local/house-process.ts';
import type { Output } from '#src/output.ts';
import { findEngines } from '#src/workspace/engines.ts';
import { bin, run } from '#src/workspace/run.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly name: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

interface TestOptions {
  /** The full lengths of what an ordinary run only samples. */
  readonly long: boolean;
  readonly out: Output;
}

/** `steading test [names…]`: every suite with its real engines; those and the browser are installed when they can be. */
export async function test(names: readonly string[], { long, out }: TestOptions): Promise<void> {
  const engines = await findEngines(out);
  await buildIfStale(workspaceRoot, out.progress);
  out.settle();
  const folder = mkdtempSync(join(tmpdir(), 'steading-report-'));
  const report = join(folder, 'report.json');
  const suites: readonly { readonly paths: readonly string[]; readonly workers?: number }[] =
    names.length > 0
      ? [{ paths: [...names] }]
      : [
          // Docker makes and removes network interfaces, at which a browser gives up what it was loading: not side by side.
          // These wait for engines and clocks a fifth of their time: a third file fills it.
          { paths: ['apps', 'contracts', 'libs', 'services', 'tools', 'tests/containers'], workers: 3 },
          { paths: ['tests/acceptance', 'tests/browser'] },
        ];
  let passed = 0;
  let failed = 0;
  try {
    for (const { paths, workers } of suites) {
      const ran = await run(
        [
          bin('vitest'),
          'run',
          '--passWithNoTests',
          // On CI's shared machines a test gets a second try; the report names each that needed it.
          ...(process.env.CI ? ['--retry=1'] : []),
          '--reporter=default',
          `--reporter=${join(workspaceRoot, 'tools/src/retried-reporter.ts')}`,
          '--reporter=json',
          `--outputFile.json=${report}`,
          ...(workers ? [`--maxWorkers=${workers}`] : []),
          ...paths,
        ],
        { show: !out.json, env: { ...engines, ...(long && { STEADING_TEST_LONG: '1' }) } },
      );
      const counted = count(report, ran.code);
      passed += counted.passed;
      failed += counted.failed;
      rmSync(report, { force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  out.data({ passed, failed });
  out.line(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = exitCodes.failed;
}

/** A file that could not even be loaded counts as one failure, and so does a runner that ended badly without saying why. */
function count(report: string, code: number): { passed: number; failed: number } {
  try {
    const read = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    const broken = read.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    const failed = read.numFailedTests + broken;
    return { passed: read.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
