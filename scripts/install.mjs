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
  process.stderr.write("crosspull: installing packages ...\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // Not "npm ci": it refuses a lock file that lacks optional packages of other systems, and npm leaves such out of the
  // file when the registry it was written with does not have them. This takes the same locked versions, and writes nothing.
  const done = spawnSync(npm, ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) {
    process.stderr.write("crosspull: npm install failed; see the lines above.\n");
    process.exit(1);
  }
}
