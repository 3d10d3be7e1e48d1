import { accessSync, constants, mkdirSync } from "node:fs";
import { InvalidArgumentError } from "commander";

export function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 1 to 65535.");
  return port;
}

/** Throws a sentence that says what to do when nothing can be written there. */
export function makeWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new Error(
      `nothing can be written to ${folder} (${code}): the demo keeps its state, logs and build there. Run it in a copy of the repository that you may write to.`,
      { cause: error },
    );
  }
}
