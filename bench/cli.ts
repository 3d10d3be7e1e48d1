/** `npm run bench -- <name>`: measures, and prints one JSON document on stdout. Nothing in `npm test` is timed. */
import { Command, InvalidArgumentError } from "commander";
import { endByUsage } from "../local/usage.ts";

// Each bench is loaded where it is needed, so that wrong usage is told at once.
const program = new Command("npm run bench --")
  .description("Measures on this machine and prints JSON on stdout; progress goes to stderr.")
  .exitOverride(endByUsage);

program
  .command("onboarding")
  .description("one onboarding with every wait at zero, then many at once")
  .option("--clusters <number>", "how many onboardings at once", count, 100)
  .option("--runs <number>", "how many single onboardings; the median is reported", count, 5)
  .action(async ({ clusters, runs }: { clusters: number; runs: number }) =>
    print(await (await import("./onboarding.ts")).benchOnboarding(clusters, runs)),
  );

program
  .command("host")
  .description("the local host: fan-out, sequence, many orchestrations, many that wait, and the cost of long histories")
  .option("--waiting <number>", "how many instances wait for an event", count, 10000)
  .action(async ({ waiting }: { waiting: number }) => print(await (await import("./host.ts")).benchHost(waiting)));

program
  .command("start")
  .description("process start to functions registered: the bundle, an empty process, and the same app unbundled")
  .option("--runs <number>", "runs of each, interleaved; medians are reported", count, 31)
  .action(async ({ runs }: { runs: number }) => print(await (await import("./start.ts")).benchStart(runs)));

program
  .command("cloud")
  .description("the simulated Azure: start to ready, memory, calls a second over HTTPS, 10,000 registries")
  .option("--runs <number>", "how many starts; medians are reported", count, 5)
  .option("--seconds <number>", "how long each rate is measured", count, 5)
  .action(async ({ runs, seconds }: { runs: number; seconds: number }) =>
    print(await (await import("./cloud.ts")).benchCloud(runs, seconds)),
  );

program
  .command("waiting")
  .description(
    "links that wait seven days for a consent that nobody gives: looks, histories, the app's memory, CPU (with the simulated cloud's)",
  )
  .option("--links <number>", "how many links wait", count, 200)
  .action(async ({ links }: { links: number }) => print(await (await import("./waiting.ts")).benchWaiting(links)));

program
  .command("sweep")
  .description("the daily sweep where nothing is due, over so many pull identities and over a tenth of them")
  .option("--identities <number>", "how many", count, 10_000)
  .action(async ({ identities }: { identities: number }) =>
    print(await (await import("./sweep.ts")).benchSweep(identities)),
  );

await program.parseAsync();
// Sockets kept alive by clients must not hold the process.
process.exit();

function count(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1) throw new InvalidArgumentError("a whole number from 1 is needed.");
  return number;
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
