// Mutation testing of src/domain and src/activities with their own unit tests: each mutant is one small wrong change, and a
// test has to notice it. Prints every survivor, then one line with the score; exit 1 below the least score.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const leastScore = 85;
const root = join(import.meta.dirname, "..");
const help = `npm run mutation [-- FILE ...]

Mutates src/domain and src/activities (or only FILEs), runs the unit tests of these two folders on each mutant, lists the
survivors and prints the score. Takes some twenty minutes on two cores; exit 1 below ${leastScore} %.`;

const files = process.argv.slice(2);
if (files.includes("--help") || files.includes("-h")) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}

const mutate = files.length > 0 ? ["--mutate", files.join(",")] : [];
const run = spawnSync(join(root, "node_modules/.bin/stryker"), ["run", "stryker.config.mjs", ...mutate], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
let report;
try {
  report = JSON.parse(readFileSync(join(root, ".crosspull/mutation/report.json"), "utf8"));
} catch {
  process.stderr.write("mutation: there is no report; see the lines above.\n");
  process.exit(run.status || 2);
}

const mutants = Object.entries(report.files).flatMap(([file, { mutants: found }]) =>
  found.map((mutant) => ({ file, ...mutant })),
);
const count = (...states) => mutants.filter(({ status }) => states.includes(status)).length;
for (const { file, location, mutatorName, replacement, status } of mutants) {
  if (status !== "Survived" && status !== "NoCoverage") continue;
  const shown = (replacement ?? "").replace(/\s+/g, " ").slice(0, 100);
  process.stdout.write(`${file}:${location.start.line}:${location.start.column} ${mutatorName}: ${shown}\n`);
}
const killed = count("Killed");
const timedOut = count("Timeout");
const survived = count("Survived", "NoCoverage");
const score = (100 * (killed + timedOut)) / Math.max(1, killed + timedOut + survived);
process.stdout.write(
  `mutation score: ${score.toFixed(1)} % (${killed} killed, ${survived} survived, ${timedOut} timed out, ${count("Ignored")} ignored)\n`,
);
process.exit(score < leastScore ? 1 : 0);
