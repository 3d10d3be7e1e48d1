import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { switchesIn } from "../../local/cloud/life/options.ts";
import { startCloud } from "../../local/cloud/start.ts";
import { endByUsage } from "../../local/usage.ts";
import { openAz } from "./azure.ts";
import { procedure } from "./procedure.ts";
import { reads, refusals } from "./reads.ts";
import { skopeo } from "./skopeo.ts";
import { isInstalled, steps, type Steps } from "./steps.ts";

/** `npm run clients`: the real Azure CLI and skopeo against a cloud of its own, in both ways of addressing. */
const command = new Command("npm run clients --")
  .description("Lets the Azure CLI and skopeo judge the simulated cloud.")
  .option(
    "--life <all, none, or names>",
    "what is as harsh as in life, with the retries that the clients have",
    switchesIn,
    "none",
  )
  .allowExcessArguments(false)
  .exitOverride(endByUsage)
  .parse();
const { life: asInLife } = command.opts<{ readonly life: ReturnType<typeof switchesIn> }>();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const [hasAz, hasSkopeo] = await Promise.all([isInstalled("az"), isInstalled("skopeo")]);
if (!hasAz) print("skipped: the Azure CLI is not installed (Debian: apt-get install azure-cli)");
if (!hasSkopeo) print("skipped: skopeo is not installed (Debian: apt-get install skopeo)");

/** What is asked here is how clients understand answers, not how long they wait for replicas: a person would wait. */
const speed = asInLife === "none" ? 60 : 3600;
const instantReplication = {
  rolePropagationInSeconds: 0,
  secretReplicationInSeconds: 0,
  principalReplicationInSeconds: 0,
};
const all: Steps[] = [];
for (const publicNames of [false, true]) {
  print(publicNames ? "\npublic host names, behind the proxy" : "\nown ports on localhost");
  all.push(await round(publicNames));
}
const sum = (field: "done" | "failed"): number => all.reduce((total, one) => total + one[field], 0);
print(`\n${sum("done")} steps as in Azure, ${sum("failed")} not.`);
process.exitCode = sum("failed") > 0 ? 1 : 0;

async function round(publicNames: boolean): Promise<Steps> {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-clients-"));
  const cloud = await startCloud({
    folder,
    port: 0,
    publicNames,
    speed,
    timings: instantReplication,
    life: { switches: asInLife },
  }).catch((error: unknown) => command.error(`error: ${error instanceof Error ? error.message : String(error)}`));
  const taken = steps(print);
  try {
    if (hasAz) {
      const az = await openAz(cloud.env);
      const made = await procedure(taken, az, cloud.env);
      await reads(taken, az, cloud.env);
      await refusals(taken, az, cloud.env, made);
      az.close();
    }
    if (hasSkopeo) await skopeo(taken, cloud.env, folder);
  } finally {
    await cloud.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return taken;
}
