/** `npm run bench -- <name>`: measures, and prints one JSON document on stdout. Nothing in `npm test` is timed. */
import { Command } from "commander";
import { benchHost } from "./host.ts";
import { benchCloud } from "./cloud.ts";
import { benchOnboarding } from "./onboarding.ts";
import { benchStart } from "./start.ts";
import { benchWaiting } from "./waiting.ts";

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
  .command("host")
  .description("the local host: fan-out, sequence, many orchestrations, many that wait, and the cost of long histories")
  .option("--waiting <number>", "how many instances wait for an event", "10000")
  .action(async ({ waiting }: { waiting: string }) => print(await benchHost(Number(waiting))));

program
  .command("start")
  .description("process start to functions registered: the bundle, an empty process, and the same app unbundled")
  .option("--runs <number>", "runs of each, interleaved; medians are reported", "31")
  .action(async ({ runs }: { runs: string }) => print(await benchStart(Number(runs))));

program
  .command("cloud")
  .description("the simulated Azure: start to ready, memory, calls a second over HTTPS, 10,000 registries")
  .option("--runs <number>", "how many starts; medians are reported", "5")
  .option("--seconds <number>", "how long each rate is measured", "5")
  .action(async ({ runs, seconds }: { runs: string; seconds: string }) =>
    print(await benchCloud(Number(runs), Number(seconds))),
  );

program
  .command("waiting")
  .description(
    "links that wait seven days for a consent that nobody gives: looks, histories, the app's memory, CPU (with the simulated cloud's)",
  )
  .option("--links <number>", "how many links wait", "200")
  .action(async ({ links }: { links: string }) => print(await benchWaiting(Number(links))));

await program.parseAsync();
// Sockets kept alive by clients must not hold the process.
process.exit();

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
