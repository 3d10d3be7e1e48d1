import { readdirSync, readFileSync } from "node:fs";
import { round } from "./machine.ts";

export interface AppWorker {
  readonly peakMemoryInMB: number;
  /** Since it was started, in user mode and in the kernel. */
  readonly cpuInSeconds: number;
}

/** What the process of the app, a child of this one, has taken so far; null where it is not there, or the system does not tell: only Linux does. */
export function appWorker(): AppWorker | null {
  try {
    const pid = readdirSync("/proc").find(
      (name) => /^\d+$/.test(name) && parentOf(name) === process.pid && commandOf(name).includes("worker/main."),
    );
    if (pid === undefined) return null;
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return { peakMemoryInMB: round(Number(peak ?? 0) / 1000), cpuInSeconds: cpuOf(pid) };
  } catch {
    return null;
  }
}

/** Linux counts a process' time in hundredths of a second, whatever its kernel's own tick is. */
const ticksPerSecond = 100;

/** utime and stime are fields 14 and 15; the name of the program, field 2, may hold blanks and stands in brackets. */
function cpuOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function parentOf(pid: string): number {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    // It ended meanwhile.
    return -1;
  }
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}
