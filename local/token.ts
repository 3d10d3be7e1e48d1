/** `npm run token -- --role operator`: prints a bearer token of the simulated operator, and nothing else. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { Command, Option } from "commander";
import { endByUsage } from "./usage.ts";
import { requestToken, roles, type Role } from "./stack/token.ts";

const program = new Command("npm run token --")
  .description("Prints a bearer token for the Crosspull API of a running simulated cloud (npm start or npm run cloud).")
  .addOption(new Option("--role <role>", "whose token").choices(roles).default("operator"))
  .option("--env-file <file>", "what the cloud wrote about itself", ".crosspull/cloud.env")
  .allowExcessArguments(false)
  .exitOverride(endByUsage)
  .parse();

const { role, envFile } = program.opts<{ role: Role; envFile: string }>();
const hint = `start one with npm start, or with npm run cloud -- --env-file ${envFile}`;

try {
  process.stdout.write(`${await requestToken(role, readEnvironment(envFile))}\n`);
} catch (error) {
  process.stderr.write(`token: ${error instanceof Error ? error.message : String(error)}; ${hint}\n`);
  process.exitCode = 1;
}

function readEnvironment(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`cannot read ${file}`);
  }
}
