import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { buildApp } from "../local/stack/build.ts";
import { machine, median, round } from "./machine.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".crosspull/bench");

/** Loads the app as the Functions worker does, with a core module that only counts; prints what it cost. */
const loader = `
const Module = require("node:module");
let registered = 0;
const core = { version: "3", hostVersion: "4", setProgrammingModel() {}, registerHook() {}, log() {}, Disposable: class { dispose() {} },
  registerFunction() { registered += 1; return { dispose() {} }; } };
const load = Module.prototype.require;
Module.prototype.require = function (id) { return id === "@azure/functions-core" ? core : load.call(this, id); };
if (process.argv[2]) require(process.argv[2]);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ registered, cpu: (user + system) / 1000, wall: performance.now(), rss: process.memoryUsage().rss / 1e6 }));
process.exit();
`;

type Cost = { readonly registered: number; readonly cpu: number; readonly wall: number; readonly rss: number };

/** Medians of process time (CPU, user and system), wall time and memory, in ms and MB; the three kinds take turns. */
export async function benchStart(runs: number) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const script = join(folder, "load.cjs");
  writeFileSync(script, loader);
  await buildApp(root);
  const bundle = join(root, "dist/app.cjs");
  const unbundled = join(folder, "unbundled.cjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["src/functions/app.ts"],
    outfile: unbundled,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: "node22",
    logLevel: "warning",
  });

  const kinds = { empty: "", bundle, unbundled };
  const costs: Record<string, Cost[]> = { empty: [], bundle: [], unbundled: [] };
  for (let run = 0; run <= runs; run++) {
    for (const [kind, file] of Object.entries(kinds)) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${kind} did not load: ${stderr}`);
      // The first round only warms the file cache.
      if (run > 0) costs[kind]?.push(JSON.parse(stdout) as Cost);
    }
    process.stderr.write(`\rstart: ${run}/${runs}`);
  }
  process.stderr.write("\n");
  return {
    bench: "start",
    machine: machine(),
    runs,
    bundleInMB: round(statSync(bundle).size / 1e6),
    ...Object.fromEntries(Object.entries(costs).map(([kind, all]) => [kind, summary(all)])),
  };
}

function summary(costs: readonly Cost[]) {
  const of = (pick: (cost: Cost) => number): number => round(median(costs.map(pick)));
  return {
    functions: costs[0]?.registered ?? 0,
    processTimeInMs: of(({ cpu }) => cpu),
    wallInMs: of(({ wall }) => wall),
    memoryInMB: of(({ rss }) => rss),
  };
}
