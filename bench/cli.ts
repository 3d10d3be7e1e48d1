/** `npm run bench -- <name>`: measures, and prints one JSON document on stdout. Nothing in `npm test` is timed. */
import { Command } from "commander";
import { benchOnboarding } from "./onboarding.ts";
import { benchStart } from "./start.ts";

const program = new Command("npm run bench --").description(
  "Measures on this machine and prints JSON on stdout; progress goes to stderr.",
);

program
  .command("onboarding")
  .description("one onboarding with every wait at zero, then many at once")
  .option("--clusters <number>", "how many onboardings at once", "100")
  .option("--runs <number>", "how many single onboardings; the median is reported", "5")
  .action(async ({ clusters, runs }: { clusters: string; runs: string }) =>
    print(await benchOnboarding(Number(clusters), Number(runs))),
  );

program
  .command("start")
  .description("process start to functions registered: the bundle, an empty process, and the same app unbundled")
  .option("--runs <number>", "runs of each, interleaved; medians are reported", "31")
  .action(async ({ runs }: { runs: string }) => print(await benchStart(Number(runs))));

await program.parseAsync();
// Sockets kept alive by clients must not hold the process.
process.exit();

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
