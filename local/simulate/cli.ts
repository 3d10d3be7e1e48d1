/** `npm run simulate -- --scenario onboarding|year --seed N`: one line of JSON on stdout; progress goes to stderr. */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { endByUsage } from "../usage.ts";
import type { Faults } from "./world.ts";
import { messageOf } from "../cloud/kit/texts.ts";

interface Switches {
  readonly scenario: "onboarding" | "year";
  readonly seed: number;
  readonly clusters?: number;
  readonly days?: number;
  readonly registries?: number;
  readonly pullEvery?: number;
  readonly estate: string;
  readonly faults: Faults;
  readonly logs?: string;
}

const root = join(import.meta.dirname, "../..");

const command = new Command("npm run simulate --")
  .description(
    "Onboards many clusters by the real app on virtual time against the simulated Azure, with people who take their time,\nand judges what is there in the end; or lets a year go by, in which the app keeps their secrets fresh. Prints one line of JSON. Exit code 0: no violation; 1: violations, or fewer than\n80 % of the links that could be ready are; 2: wrong usage.",
  )
  .addOption(new Option("--scenario <name>", "what happens").choices(["onboarding", "year"]).default("onboarding"))
  .addOption(new Option("--seed <number>", "same seed, same line").argParser(wholeFrom(0)).default(1))
  .addOption(
    new Option("--clusters <number>", "how many are onboarded (onboarding: 20, year: 50)").argParser(wholeFrom(1)),
  )
  .addOption(new Option("--days <number>", "how long a year is (365)").argParser(wholeFrom(1)))
  .addOption(new Option("--registries <number>", "of other companies, at most, in a year (4)").argParser(wholeFrom(1)))
  .addOption(
    new Option("--pull-every <seconds>", "from one node's pull to its next, in a year (3600)").argParser(
      wholeFrom(60, 21_600),
    ),
  )
  .option("--estate <name or file>", "the world it begins with", "two-tenants")
  .addOption(
    new Option(
      "--faults <which>",
      "none: a kind Azure; life: as it is; all: and calls are refused, cut or not answered",
    )
      .choices(["none", "life", "all"])
      .default("life"),
  )
  .option("--json", "one line of JSON on stdout, which is what there is in any case")
  .option("--logs <folder>", "keeps the log of the app and of the simulated Azure there")
  .allowExcessArguments(false)
  .exitOverride(endByUsage);

command.parse();
process.exit(await run(command.opts<Switches>()));

async function run(switches: Switches): Promise<number> {
  if (switches.scenario === "onboarding") refuseFlags(switches, ["days", "registries", "pullEvery"]);
  // Loaded where it is needed, so that wrong usage is told at once.
  const { buildApp } = await import("../stack/build.ts");
  try {
    await buildApp(root);
    const { line, isPassed } = await simulate(switches);
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return isPassed ? 0 : 1;
  } catch (error) {
    process.stderr.write(`simulate: ${messageOf(error)}\n`);
    return 2;
  }
}

async function simulate(switches: Switches): Promise<{ readonly line: object; readonly isPassed: boolean }> {
  const { scenario, seed, estate, faults, logs, clusters, days = 365, registries = 4, pullEvery = 3600 } = switches;
  const options = {
    seed,
    estate,
    faults,
    app: root,
    folder: join(root, ".crosspull/simulate", `${process.pid}`),
    progress: (text: string) => void process.stderr.write(`seed ${seed}: ${text}\n`),
    ...(logs === undefined ? {} : { log: logInto(logs) }),
  };
  if (scenario === "onboarding") {
    const { simulateOnboarding } = await import("./onboarding.ts");
    return simulateOnboarding({ ...options, clusters: clusters ?? 20 });
  }
  const { simulateYear } = await import("./year/year.ts");
  return simulateYear({ ...options, clusters: clusters ?? 50, days, registries, pullEveryInSeconds: pullEvery });
}

function refuseFlags(switches: Switches, names: readonly (keyof Switches)[]): void {
  const given = names.filter((name) => switches[name] !== undefined);
  if (given.length > 0) command.error(`error: of the scenario "year" only: ${given.join(", ")}`);
}

function logInto(folder: string): (part: string, line: string) => void {
  mkdirSync(folder, { recursive: true });
  return (part, line) => appendFileSync(join(folder, `${part}.log`), `${line}\n`);
}

function wholeFrom(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(
        `It must be a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ""}.`,
      );
    return number;
  };
}
