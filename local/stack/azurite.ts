/** Azurite, Microsoft's own emulator of Azure Storage, as a child process on free ports of this machine. */
import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";

export interface Azurite {
  readonly connectionString: string;
  close(): Promise<void>;
}

// Azurite's published development account, the same everywhere; it opens nothing but an emulator.
const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const services = ["Blob", "Queue", "Table"] as const;
/** Generous: on a busy machine its start alone takes half a minute. */
const startLimitInMs = 120_000;

/** Those that run. None outlives this process, however it ends (but for SIGKILL). */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts it with its data in `folder`; resolves when all three services listen, on ports Azurite finds free. */
export async function startAzurite(folder: string): Promise<Azurite> {
  const main = createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js");
  const flags = services.flatMap((service) => {
    const name = service.toLowerCase();
    return [`--${name}Host`, "127.0.0.1", `--${name}Port`, "0"];
  });
  const child = spawn(
    process.execPath,
    [main, ...flags, "--location", folder, "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--loose"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  running.add(child);
  child.once("exit", () => running.delete(child));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      if (services.every((service) => addressOf(service, said) !== undefined)) resolve();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`Azurite ended with code ${code} before it was ready:\n${said.slice(-2000)}`)),
    );
    setTimeout(
      () => reject(new Error(`Azurite was not ready within ${startLimitInMs / 1000} s:\n${said.slice(-2000)}`)),
      startLimitInMs,
    ).unref();
  });
  try {
    await ready;
  } catch (error) {
    await close();
    throw error;
  }
  const endpoints = services.map((service) => `${service}Endpoint=${addressOf(service, said)}/${account};`);
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoints.join("")}`,
    close,
  };
}

/** Azurite says where each service listens, in words. */
function addressOf(service: string, said: string): string | undefined {
  return new RegExp(`${service} service is successfully listening at (http://[\\d.]+:\\d+)`).exec(said)?.[1];
}
