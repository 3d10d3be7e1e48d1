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
 * Levels by category as host.json's `logging.logLevel` gives them: the longest category that starts the name decides,
 * `default` otherwise (`information` where nothing is said).
 */
export function createLog(sink: (line: string) => void, byCategory: Readonly<Record<string, LogLevel>> = {}): Log {
  const categories = Object.keys(byCategory).sort((a, b) => b.length - a.length);
  const least = (category: string): LogLevel => {
    const match = categories.find((name) => category === name || category.startsWith(`${name}.`));
    return byCategory[match ?? "default"] ?? "information";
  };
  const write: Log["write"] = (level, category, message) => {
    if (levels.indexOf(level) < levels.indexOf(least(category))) return;
    sink(`[${new Date().toISOString()}] ${level.padEnd(11)} ${category}: ${message}`);
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
