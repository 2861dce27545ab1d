// Closes the run with one plain line of figures, and names each skipped test with the reason that its title gives:
// a test that a machine cannot run must be seen, not hidden.
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults.filter((test) => test.status === 'pending' || test.status === 'todo'),
    );
    for (const test of skipped) {
      console.log(`skipped: ${test.fullName}`);
    }
    const brokenFiles = results.numRuntimeErrorTestSuites;
    console.log(`Tests: ${results.numPassedTests} passed, ${results.numFailedTests + brokenFiles} failed, ${skipped.length} skipped`);
  }
}
