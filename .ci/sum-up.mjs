// Says which tests failed and counts all of them, from the JSON reports in a directory. Exits with 1 if there were
// none, if one failed, or if a suite failed otherwise.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [directory, suitesFailed] = process.argv.slice(2);
const reports = readdirSync(directory)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")));
const sumOf = (count) => reports.reduce((sum, report) => sum + count(report), 0);

const passed = sumOf((report) => report.numPassedTests);
const skipped = sumOf((report) => report.numPendingTests + report.numTodoTests);
let failed = sumOf((report) => report.numFailedTests);
if (passed === 0 || suitesFailed !== "0") failed ||= 1;

const say = (line) => process.stdout.write(`${line}\n`);

for (const file of reports.flatMap((report) => report.testResults)) {
  const tests = file.assertionResults.filter(({ status }) => status === "failed");
  for (const test of tests) {
    say(`FAILED ${file.name}: ${test.fullName}\n${test.failureMessages.join("\n")}`);
  }
  if (file.status === "failed" && tests.length === 0) {
    say(`FAILED ${file.name}\n${file.message}`);
  }
}
say(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
