import type { CommanderError } from "commander";

/** Ends a command after `--help` with 0, and after wrong usage with 2: commander's own code is 1, which says here that the work failed. */
export function endByUsage({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}
