import { InvalidArgumentError, type CommanderError } from "commander";

/** Ends a command after `--help` with 0, and after wrong usage with 2: commander's own code is 1, which says here that the work failed. */
export function endByUsage({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}

/** The value of a flag; at most fifteen digits, so that it is exact. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("a whole number is needed.");
  return Number(text);
}
