import { readdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

/** A save is several events, and a build writes many files: wait until it is quiet. */
const quietInMs = 300;
const ignoredFolders = ["node_modules", ".git", ".crosspull"];
/** What an app writes for itself must not load it again. */
const code = /\.([cm]?[jt]s|wasm|node)$/;
const atStart = ["host.json", "local.settings.json", "package.json"];

/** Calls `changed` when code below the folder has changed, never twice at a time; answers how to stop. */
export function watchApp(app: string, log: Log, changed: () => Promise<void>): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const later = (file: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      log.info(`${file} has changed; loading the app again`);
      running = running.then(changed);
    }, quietInMs);
  };
  const follow = (folder: string, recursive: boolean, seen: (file: string) => void): void => {
    watchers.get(folder)?.close();
    const watcher = watch(join(app, folder), { recursive }, (_event, file) => {
      if (file !== null) seen(join(folder, file));
    });
    watcher.on("error", (error) => {
      log.warn(`${join(app, folder)} is no longer watched: ${messageOf(error)}`);
    });
    watchers.set(folder, watcher);
  };
  const seen = (file: string): void => {
    if (code.test(file)) later(file);
  };
  // Folder by folder, as node_modules may hold thousands; one that a build has made anew is followed anew.
  const entry = (name: string, made: boolean): void => {
    if (atStart.includes(name)) log.warn(`${name} has changed; it is read when the host starts`);
    else if (!isFolder(join(app, name))) seen(name);
    else if (!ignoredFolders.includes(name)) {
      follow(name, true, seen);
      if (made) later(name);
    }
  };
  follow("", false, (name) => {
    entry(name, true);
  });
  for (const name of foldersOf(app)) entry(name, false);
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function foldersOf(app: string): readonly string[] {
  return readdirSync(app).filter((name) => isFolder(join(app, name)));
}
