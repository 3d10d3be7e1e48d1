import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

type Holder = { readonly pid: number; readonly url: string | null };

/** One running demo a folder: two would write to the same state. */
export interface Lock {
  /** Tells a second run where the first one answers. */
  say(url: string): void;
  release(): void;
}

/** Throws a sentence that names the process in the way. A lock whose process is gone is taken over. */
export function takeLock(file: string): Lock {
  const holder = readHolder(file);
  if (holder && holder.pid !== process.pid && isAlive(holder.pid)) {
    const where = holder.url === null ? "is starting" : `answers at ${holder.url}`;
    throw new Error(
      `it already runs from this folder: process ${holder.pid} ${where}. Stop it with Ctrl-C in its terminal, or: kill ${holder.pid}`,
    );
  }
  const write = (url: string | null): void =>
    writeFileSync(file, JSON.stringify({ pid: process.pid, url } satisfies Holder));
  mkdirSync(dirname(file), { recursive: true });
  write(null);
  let held = true;
  const release = (): void => {
    // Once only: afterwards the file may be another's.
    if (held) rmSync(file, { force: true });
    held = false;
  };
  return { say: write, release };
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    // No lock, or one that was cut short while it was written: nobody holds it.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
