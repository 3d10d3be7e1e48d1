import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, type Ran } from "./steps.ts";

export type Env = Readonly<Record<string, string>>;

/** The Azure CLI, signed in as nobody yet, with a configuration of its own. */
export interface Az {
  /** Runs `az ...`; throws with its words when it fails. Answers with the JSON it prints. */
  json<Value>(...args: string[]): Promise<Value>;
  ok(...args: string[]): Promise<string>;
  /** Runs `az ...`, which has to fail; answers with its words. */
  refused(...args: string[]): Promise<string>;
  close(): void;
}

/** `env`: of a running cloud. With own ports a cloud of its own is registered; with public names nothing is. */
export async function openAz(env: Env): Promise<Az> {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-az-"));
  const own: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: folder,
    AZURE_CONFIG_DIR: join(folder, "azure"),
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    AZURE_CORE_ONLY_SHOW_ERRORS: "true",
    AZURE_CORE_NO_COLOR: "true",
    REQUESTS_CA_BUNDLE: env["CA_BUNDLE"],
    PYTHONPATH: join(import.meta.dirname, "compat"),
    PYTHONDONTWRITEBYTECODE: "1",
    ...(env["HTTPS_PROXY"] && { HTTPS_PROXY: env["HTTPS_PROXY"], NO_PROXY: env["NO_PROXY"] }),
  };
  mkdirSync(join(folder, "azure"));
  const az = (args: readonly string[]): Promise<Ran> => run("az", args, own);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await az(args);
    if (code !== 0) throw new Error(`${args.slice(0, 4).join(" ")}: exit ${code}: ${err.slice(-800)}`);
    return out;
  };
  if (!env["ARM_URL"]?.startsWith("https://management.")) {
    await ok("cloud", "register", "--name", "simulated", "--cloud-config", JSON.stringify(cloudOf(env)));
    await ok("cloud", "set", "--name", "simulated");
  }
  return {
    ok,
    json: async <Value>(...args: string[]) => JSON.parse((await ok(...args, "-o", "json")) || "null") as Value,
    refused: async (...args) => {
      const { code, out, err } = await az(args);
      if (code === 0) throw new Error(`${args.slice(0, 4).join(" ")} was not refused: ${out.slice(0, 200)}`);
      return err;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function cloudOf(env: Env): object {
  return {
    endpoints: {
      activeDirectory: env["ENTRA_URL"],
      activeDirectoryResourceId: "https://management.core.windows.net/",
      activeDirectoryGraphResourceId: `${env["GRAPH_URL"]}/`,
      microsoftGraphResourceId: `${env["GRAPH_URL"]}/`,
      management: env["ARM_URL"],
      resourceManager: env["ARM_URL"],
    },
    suffixes: { keyvaultDns: ".localhost", acrLoginServerEndpoint: ".localhost" },
  };
}
