// A Jest reporter: writes what became of the tests to a file, for npm test to sum up.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './workspace.mjs';

/** The environment variable that names the file: Jest's command line gives reporters no options. */
export const totalsVariable = 'MICRO_TEST_TOTALS';

/** How long, in ms, Jest may go on after the last test. */
const patience = 60_000;

export default class TestTotals {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((suite) => suite.testExecError !== undefined);
    const skipped = results.testResults.flatMap((suite) =>
      suite.testResults
        .filter(({ status }) => status === 'pending' || status === 'todo')
        .map(({ fullName }) => `${relative(root, suite.testFilePath)}: ${fullName}`),
    );
    const totals = {
      passed: results.numPassedTests,
      // A file that cannot be loaded has no tests to count, and fails all the same.
      failed: results.numFailedTests + broken.length,
      skipped,
    };
    writeFileSync(process.env[totalsVariable], JSON.stringify(totals));
    setTimeout(() => {
      console.error('The tests are done, but something that they opened is still open.');
      process.exit(1);
    }, patience).unref();
  }
}
