import { globSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../errors.ts";

/** Loads every file that `main`, a glob or a folder relative to the app, stands for; ES modules by import, the rest by require. */
export async function loadApp(app: string, main: string, esModule: boolean): Promise<void> {
  const files = findMain(app, main);
  if (files.length === 0) throw new Error(`package.json: "main" is "${main}", and no file in ${app} matches it`);
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

function findMain(app: string, main: string): string[] {
  const named = statSync(join(app, main), { throwIfNoEntry: false });
  if (named?.isFile()) return [main];
  // A folder stands for all files below it but hidden ones, as in the Node worker.
  const hidden = named ? /^(node_modules|\..*)$/ : /^node_modules$/;
  return globSync(named ? join(main, "**") : main, { cwd: app, exclude: (name) => hidden.test(name) })
    .filter((file) => statSync(join(app, file)).isFile())
    .sort();
}

function isEsModule(file: string, appIsEsModule: boolean): boolean {
  const extension = extname(file);
  return extension === ".mjs" || (extension !== ".cjs" && appIsEsModule);
}
