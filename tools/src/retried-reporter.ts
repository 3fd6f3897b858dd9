import type { Reporter, TestCase } from 'vitest/node';

/** Says why a test failed that passed when it was tried again: its name alone does not lead to the cause. */
export default class RetriedReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { retryCount } = test.diagnostic() ?? { retryCount: 0 };
    const { state, errors } = test.result();
    if (retryCount === 0 || state !== 'passed') return;
    const why = (errors ?? []).map(
      (error) => `  ${error.stack ?? error.message}${error.diff ? `\n${error.diff}` : ''}`,
    );
    console.log([`tried again: ${test.fullName}`, ...why].join('\n'));
  }
}
