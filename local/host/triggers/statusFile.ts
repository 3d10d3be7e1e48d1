import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { codeOf, HostError, messageOf } from "../errors.ts";

/** What is remembered of a timer over restarts; milliseconds since 1970. */
export interface TimerStatus {
  /** Undefined: it has not run yet. */
  readonly last?: number;
  /** Undefined: there is no further occurrence. */
  readonly next?: number;
  /** What `next` was computed from, when there is no `last`. */
  readonly updated?: number;
}

export interface TimerStatuses {
  readonly get: (functionName: string) => TimerStatus | undefined;
  readonly set: (functionName: string, status: TimerStatus) => void;
}

const version = 1;

/**
 * Beside the state file: a JSON file of its own, replaced as a whole with each change (or nothing but memory, for an
 * undefined one). A file that is damaged or of another version is refused and left as it is.
 */
export function openStatuses(file: string | undefined): TimerStatuses {
  const statuses = new Map(Object.entries(file === undefined ? {} : read(file)));
  return {
    get: (name) => statuses.get(name),
    set(name, status) {
      statuses.set(name, status);
      if (file === undefined) return;
      const fresh = `${file}.new`;
      writeFileSync(fresh, JSON.stringify({ version, timers: Object.fromEntries(statuses) }));
      renameSync(fresh, file);
    },
  };
}

function read(file: string): Record<string, TimerStatus> {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return {};
    throw new HostError(`timer file ${file} cannot be read: ${messageOf(error)}`);
  }
  const { version: written, timers } = parsed(content);
  if (typeof timers === "object" && timers !== null && written === version) {
    return timers as Record<string, TimerStatus>;
  }
  const cause = typeof written === "number" ? "was written by another version of the host" : "is damaged";
  throw new HostError(`timer file ${file} ${cause}, and was left as it is`);
}

function parsed(content: string): { readonly version?: unknown; readonly timers?: unknown } {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
