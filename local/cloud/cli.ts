import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { jsonSchema } from "./estates/jsonSchema.ts";
import { switchesIn } from "./life/options.ts";
import { startCloud } from "./start.ts";
import { messageOf } from "./kit/texts.ts";
import { endByUsage, wholeNumber } from "../usage.ts";

const program = new Command("npm run cloud --")
  .description(
    "Starts two tenants of simulated Azure on 127.0.0.1. Ctrl-C ends it; nothing is kept but the certificates.",
  )
  .option("--port <number>", "first port to try; each service takes the next free one", wholeNumber, 8440)
  .option("--estate <name or file>", "two-tenants (the default), enterprise, isv, many-registries, or a JSON file")
  .option("--seed <number>", "how chance falls: same seed, same estate, same life (default: 1)", wholeNumber)
  .option("--clusters <number>", "how many clusters to generate besides", wholeNumber)
  .option("--public-names", "serve the public cloud's host names behind a proxy on loopback, instead of a port each")
  .option("--env-file <file>", "write what a client needs to know, as KEY=value lines")
  .option("--folder <folder>", "where certificates are kept", ".crosspull/cloud")
  .option("--speed <number>", "how many times faster than life slow things go", positive, 1)
  .option("--virtual-time <url>", "follow the time of a local host: http://localhost:7071", address)
  .option(
    "--life <all, none, or names>",
    "what is as harsh as in life; names have commas between them (default: none)",
    switchesIn,
  )
  .option("--as-in-life", "the same as --life all")
  .option("--consistency", "let replicas disagree for a while, as in life: the switches of that group")
  .option("--limits", "throttle as the services do: the switches of that group")
  .option("--print-estate-schema", "print what an estate file may hold, as a JSON Schema, and end")
  .option("--verbose", "print every call as one line of JSON on stderr")
  .allowExcessArguments(false)
  .exitOverride(endByUsage)
  .parse();

interface Options {
  readonly port: number;
  readonly estate?: string;
  readonly seed?: number;
  readonly clusters?: number;
  readonly publicNames?: true;
  readonly envFile?: string;
  readonly folder: string;
  readonly speed: number;
  readonly virtualTime?: string;
  readonly life?: ReturnType<typeof switchesIn>;
  readonly asInLife?: true;
  readonly consistency?: true;
  readonly limits?: true;
  readonly printEstateSchema?: true;
  readonly verbose?: true;
}

const { port, estate, seed, clusters, publicNames, envFile, folder, speed, verbose, ...switches } =
  program.opts<Options>();
if (switches.printEstateSchema) {
  writeFileSync(process.stdout.fd, `${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  process.exit(0);
}
const cloud = await startCloud({
  folder,
  port,
  speed,
  ...(estate && { estate }),
  ...(seed !== undefined && { seed }),
  ...(clusters !== undefined && { clusters }),
  ...(publicNames && { publicNames }),
  ...(switches.virtualTime && { virtualTime: switches.virtualTime }),
  life: { switches: switches.asInLife ? "all" : (switches.life ?? "none") },
  ...(switches.consistency && { consistency: { enabled: true } }),
  ...(switches.limits && { limits: { enabled: true } }),
  ...(verbose && { log: (line: string) => process.stderr.write(`${line}\n`) }),
}).catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});

const lines = Object.entries(cloud.env).map(([key, value]) => `${key}=${value}`);
if (envFile) {
  try {
    writeFileSync(envFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  } catch (error) {
    process.stderr.write(`--env-file ${envFile} cannot be written: ${error instanceof Error ? error.message : "?"}\n`);
    await cloud.close();
    process.exit(1);
  }
}
const shown = lines.filter((line) => !line.includes("SECRET=") && !line.startsWith("IDENTITY_HEADER="));
process.stdout.write(
  `${shown.join("\n")}\n\nSimulated Azure is up; overview at ${cloud.controlUrl}/. Ctrl-C ends it.\n`,
);

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void cloud.close().then(() => process.exit(0)));

function address(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError("an address is needed, as http://localhost:7071.");
  return text;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("a number above zero is needed.");
  return value;
}
