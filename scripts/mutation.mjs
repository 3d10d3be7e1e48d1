// Mutation testing of src/domain and src/activities with their own unit tests: each mutant is one small wrong change, and a
// test has to notice it. Prints every survivor with the reason why it may survive, as scripts/mutation/survivors.json has it,
// then one line with the score; exit 1 below the least score.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const leastScore = 85;
const root = join(import.meta.dirname, "..");
const reportFile = join(root, ".crosspull/mutation/report.json");
const reasonsFile = "scripts/mutation/survivors.json";
const help = `Usage: npm run mutation [-- FILE ...]

Mutates src/domain and src/activities (or only FILEs), runs the unit tests of these two folders on each mutant, lists the
survivors and prints the score. Takes some seven minutes on two idle cores; exit 1 below ${leastScore} %.

A mutant that changes nothing anybody could see is written down with the reason in ${reasonsFile}.`;

const files = process.argv.slice(2);
if (files.includes("--help") || files.includes("-h")) {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}

const strange = files.filter((file) => !/^src\/(domain|activities)\//.test(file) || !existsSync(join(root, file)));
if (strange.length > 0) {
  process.stderr.write(`mutation: no file of src/domain or src/activities: ${strange.join(", ")}\n\n${help}\n`);
  process.exit(2);
}

/** On one line, so that the formatter's line breaks do not count. */
const flat = (text) => text.replace(/\s+/g, " ").trim();

function textAt(source, { start, end }) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return flat(lines.join("\n"));
}

const mutate = files.length > 0 ? ["--mutate", files.join(",")] : [];
// A run that breaks off must not be taken for the one before.
rmSync(reportFile, { force: true });
const run = spawnSync(join(root, "node_modules/.bin/stryker"), ["run", "stryker.config.mjs", ...mutate], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
let report;
try {
  report = JSON.parse(readFileSync(reportFile, "utf8"));
} catch {
  process.stderr.write("mutation: there is no report; see the lines above.\n");
  process.exit(run.status || 2);
}

const mutants = Object.entries(report.files).flatMap(([file, { source, mutants: found }]) =>
  found.map(({ location, replacement, status }) => ({
    file,
    line: location.start.line,
    original: textAt(source, location),
    replacement: flat(replacement ?? ""),
    status,
  })),
);
const survivors = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
const reasons = JSON.parse(readFileSync(join(root, reasonsFile), "utf8")).filter(({ file }) => report.files[file]);
const isSame = (a, b) => a.file === b.file && a.original === b.original && a.replacement === b.replacement;

for (const { file, line, original, replacement } of survivors) {
  const known = reasons.find((one) => isSame(one, { file, original, replacement }));
  process.stdout.write(
    `${file}:${line}: ${original} -> ${replacement}\n    ${known?.reason ?? "no reason is given"}\n`,
  );
}
for (const one of reasons.filter((reason) => !survivors.some((survivor) => isSame(survivor, reason))))
  process.stdout.write(`${reasonsFile}: survives no more: ${one.file}: ${one.original} -> ${one.replacement}\n`);

const count = (state) => mutants.filter(({ status }) => status === state).length;
const killed = count("Killed");
const timedOut = count("Timeout");
const score = (100 * (killed + timedOut)) / Math.max(1, killed + timedOut + survivors.length);
process.stdout.write(
  `mutation score: ${score.toFixed(1)} % (${killed} killed, ${survivors.length} survived, ${timedOut} timed out, ${count("Ignored")} ignored)\n`,
);
process.exit(score < leastScore ? 1 : 0);
