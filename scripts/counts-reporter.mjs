/**
 * Ends the output with the line `N passed, N failed, N skipped`; suites that failed to run count as one failure each.
 * Said when the process ends, because Jest's own summary comes after every reporter.
 */
export default class CountsReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.once("exit", () => {
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
    });
  }
}
