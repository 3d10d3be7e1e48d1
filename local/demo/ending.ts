import type { Lock } from "../stack/lock.ts";

/** What has to be undone, however the demo ends. */
export interface Ending {
  /** The lock goes with the process, even where nothing is closed in order. */
  keep(lock: Lock): void;
}

/**
 * Ends the process at once, and with no stack trace, when a person says so, or when nobody reads what it prints any more
 * (`npm start | head`). Azurite and the app's process end with it.
 */
export function endWithTheTerminal(): Ending {
  let lock: Lock | undefined;
  process.once("exit", () => lock?.release());
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => process.exit(codes[signal]));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code }: NodeJS.ErrnoException) => {
      // As of a process that SIGPIPE ends.
      if (code === "EPIPE" || code === "EIO") process.exit(141);
    });
  }
  return { keep: (taken) => void (lock = taken) };
}
