// Bundles the function app into one file, dist/app.cjs: one file to load is what keeps a cold start short.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/functions/app.ts"],
  outfile: "dist/app.cjs",
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  // The Functions worker provides this module at run time; it exists nowhere on disk.
  external: ["@azure/functions-core"],
  // The ES modules of the SDKs: one copy of what they share.
  mainFields: ["module", "main"],
  minify: true,
  // For readable stack traces: node --enable-source-maps.
  sourcemap: "linked",
  sourcesContent: false,
  metafile: true,
  logLevel: "warning",
});
mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/app.meta.json"), JSON.stringify(metafile));
const output = metafile.outputs["dist/app.cjs"];
process.stderr.write(`built dist/app.cjs, ${(output.bytes / 1e6).toFixed(2)} MB\n`);
