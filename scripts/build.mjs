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
  // Whitespace and syntax only: names stay, so stack traces stay readable.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  metafile: true,
  logLevel: "warning",
});
mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/app.meta.json"), JSON.stringify(metafile));
const [output] = Object.values(metafile.outputs);
process.stderr.write(`built dist/app.cjs, ${(output.bytes / 1e6).toFixed(2)} MB\n`);
