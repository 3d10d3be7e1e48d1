import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../errors.ts";

/** Loads these files of the app: ES modules by import, the rest by require. */
export async function loadApp(app: string, files: readonly string[], esModule: boolean): Promise<void> {
  const load = createRequire(join(app, "package.json"));
  for (const file of files) {
    try {
      if (isEsModule(file, esModule)) await import(pathToFileURL(join(app, file)).href);
      else load(join(app, file));
    } catch (error) {
      throw new Error(`Worker was unable to load entry point "${file}": ${messageOf(error)}`, { cause: error });
    }
  }
}

function isEsModule(file: string, appIsEsModule: boolean): boolean {
  const extension = extname(file);
  return extension === ".mjs" || (extension !== ".cjs" && appIsEsModule);
}
