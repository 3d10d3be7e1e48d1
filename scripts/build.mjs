// Bundles the function app into one file, dist/app.cjs: one file to load is what keeps a cold start short.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, transform } from "esbuild";

const root = join(import.meta.dirname, "..");
const target = "node22";

/**
 * Packages are minified one by one, and the bundle keeps its names: with names minified in the whole, esbuild wraps
 * modules in arrow functions, which V8 compiles at once though most are never needed; `npm run bench -- start` shows it.
 * Our own code keeps its names for readable stack traces.
 */
const minifiedPackages = {
  name: "minified-packages",
  setup({ onLoad }) {
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { minify: true, target, loader: "js" });
      return { contents: code, loader: "js" };
    });
  },
};

const outfile = "dist/app.cjs";
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/functions/app.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target,
  format: "cjs",
  // The Functions worker provides this module at run time; it exists nowhere on disk.
  external: ["@azure/functions-core"],
  // The ES modules of the SDKs: one copy of what they share.
  mainFields: ["module", "main"],
  plugins: [minifiedPackages],
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  logLevel: "warning",
});
mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/app.meta.json"), JSON.stringify(metafile));
process.stderr.write(`built ${outfile}, ${(statSync(join(root, outfile)).size / 1e6).toFixed(2)} MB\n`);
