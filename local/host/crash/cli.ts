/** `node local/host/crash/cli.ts [--sample N] [--seed N]`: kills the host at every boundary, and says what it survived. */
import { Command } from "commander";
import { endByUsage, wholeNumber } from "../../usage.ts";
import { survive } from "./harness.ts";

const { seed, ...options } = new Command("node local/host/crash/cli.ts")
  .description(
    "Kills the host with SIGKILL at every boundary of its work, and says what it survived; exit code 1 where not all.",
  )
  .option("--sample <number>", "only so many boundaries, chosen by the seed", wholeNumber)
  .option("--seed <number>", "same seed, same boundaries", wholeNumber, 1)
  .allowExcessArguments(false)
  .exitOverride(endByUsage)
  .parse()
  .opts<{ readonly seed: number; readonly sample?: number }>();

const survivals = await survive({
  seed,
  ...options,
  told: ({ at, boundary, difference, crashed }) => {
    if (difference !== undefined) console.log(`crash point ${at} (${boundary}): ${difference}`);
    else if (!crashed) console.log(`crash point ${at} (${boundary}): not reached this time`);
  },
});
const survived = survivals.filter(({ difference }) => difference === undefined).length;
console.log(`crash points survived: ${survived}/${survivals.length} (seed ${seed})`);
process.exitCode = survived === survivals.length ? 0 : 1;
