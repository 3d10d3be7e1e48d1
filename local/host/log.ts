import { messageOf } from "./errors.ts";

const levels = ["trace", "debug", "information", "warning", "error", "critical", "none"] as const;
export type LogLevel = (typeof levels)[number];

export interface Log {
  readonly write: (level: LogLevel, category: string, message: string) => void;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly error: (message: string, cause?: unknown) => void;
}

export function isLogLevel(text: string): text is LogLevel {
  return (levels as readonly string[]).includes(text);
}

/**
 * Levels by category as host.json's `logging.logLevel` gives them: the longest of those that the name begins with decides,
 * in any case of letters, a `*` in it standing for anything; `default` otherwise (`information` where nothing is said).
 */
export function createLog(
  sink: (line: string) => void,
  byCategory: Readonly<Record<string, LogLevel>> = {},
  now: () => Date = () => new Date(),
): Log {
  const rules = Object.entries(byCategory)
    .filter(([name]) => name.toLowerCase() !== "default")
    .sort(([a], [b]) => b.length - a.length)
    .map(([name, level]) => ({ pattern: patternOf(name), level }));
  const otherwise = Object.entries(byCategory).find(([name]) => name.toLowerCase() === "default")?.[1] ?? "information";
  const known = new Map<string, LogLevel>();
  const least = (category: string): LogLevel => {
    const level = known.get(category) ?? rules.find(({ pattern }) => pattern.test(category))?.level ?? otherwise;
    known.set(category, level);
    return level;
  };
  const write: Log["write"] = (level, category, message) => {
    if (levels.indexOf(level) < levels.indexOf(least(category))) return;
    sink(`[${now().toISOString()}] ${level.padEnd(11)} ${category}: ${message}`);
  };
  return {
    write,
    info: (message) => {
      write("information", "Host", message);
    },
    warn: (message) => {
      write("warning", "Host", message);
    },
    error: (message, cause) => {
      write("error", "Host", cause === undefined ? message : `${message}: ${messageOf(cause)}`);
    },
  };
}

/** As the platform compares categories: by their beginning. */
function patternOf(name: string): RegExp {
  const parts = name.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}`, "i");
}
