// Runs before every npm script a newcomer may type first: makes node_modules match package-lock.json.
// Plain JavaScript, because it must run on whatever Node the machine has; everything it prints goes to stderr.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** npm keeps its own record of what it installed; optional packages of other systems are not in it. */
function upToDate() {
  const wanted = lockedPackages("package-lock.json");
  const installed = lockedPackages("node_modules/.package-lock.json");
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || (installed[path] ? installed[path].version === version : optional === true),
  );
}

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  process.stderr.write(`crosspull: Node ${process.versions.node} is too old; install Node 20 or newer.\n`);
  process.exit(1);
}
if (!upToDate()) {
  process.stderr.write("crosspull: installing packages (npm ci) ...\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const done = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) {
    process.stderr.write("crosspull: npm ci failed; see the lines above.\n");
    process.exit(1);
  }
}
