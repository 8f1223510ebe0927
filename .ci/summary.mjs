// Prints `N passed, N failed` from vitest's JSON report and the number of failed steps, and ends with 1 on a failure.
import fs from 'node:fs';

const [file, failedSteps] = process.argv.slice(2);
const report = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { testResults: [] };

const tests = report.testResults.flatMap((suite) => suite.assertionResults);
const isPassed = (test) => test.status === 'passed';
for (const test of tests) if (!isPassed(test)) console.log(`${test.status}: ${test.fullName}`);
// A file that could not be loaded has no tests to fail.
const brokenFiles = report.testResults.filter(
  (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
);
for (const suite of brokenFiles) console.log(`failed: ${suite.name}`);

const passed = tests.filter(isPassed).length;
const failed = tests.length - passed + brokenFiles.length;
// A step may fail for what the report already counts, and for what it does not show, such as an unhandled error.
const total = Math.max(failed, Number(failedSteps));
console.log(`${passed} passed, ${total} failed`);
process.exitCode = total === 0 && passed > 0 ? 0 : 1;
