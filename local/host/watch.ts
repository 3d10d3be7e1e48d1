import { watch } from "node:fs";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

/** A save is several events, and a build writes many files: wait until it is quiet. */
const quietInMs = 300;
const ignored =
  /(^|[\\/])(node_modules|\.git|\.crosspull)([\\/]|$)|\.(db|db-wal|db-shm|db-journal|json\.new|timers\.json|log)$/;
const atStart = ["host.json", "local.settings.json", "package.json"];

/** Calls `changed` when files below the folder have changed, never twice at a time; answers how to stop. */
export function watchApp(folder: string, log: Log, changed: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const watcher = watch(folder, { recursive: true }, (_event, file) => {
    if (file === null || ignored.test(file)) return;
    if (atStart.includes(file)) {
      log.warn(`${file} has changed; it is read when the host starts`);
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      log.info(`${file} has changed; loading the app again`);
      running = running.then(changed);
    }, quietInMs);
  });
  watcher.on("error", (error) => {
    log.warn(`the app's folder is no longer watched: ${messageOf(error)}`);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
