import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { request as plainRequest } from "node:http";
import type { Stack } from "../local/stack/stack.ts";

/** One recorded exchange, as local/cloud/kit/recorder.ts writes it. */
interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody?: unknown;
}

/** Names that the recorder gave to the services of this machine, and where they are. */
function addressesOf(env: Readonly<Record<string, string>>): (url: string) => string {
  const known: readonly (readonly [string, string | undefined])[] = [
    ["https://login.microsoftonline.com", env["ENTRA_URL"]],
    ["https://graph.microsoft.com", env["GRAPH_URL"]],
    ["https://management.azure.com", env["ARM_URL"]],
    ["https://simulated.vault.azure.net", env["VAULT_URL"]],
    ["http://169.254.169.254", env["IDENTITY_ENDPOINT"] && new URL(env["IDENTITY_ENDPOINT"]).origin],
    [`https://${env["REGISTRY"]}.azurecr.io`, `https://${env["ACR_LOGIN_SERVER"]}`],
  ];
  return (url) => {
    const found = known.find(([name]) => url.startsWith(name));
    return found?.[1] ? url.replace(found[0], found[1].replace(/\/$/, "")) : url;
  };
}

/**
 * Sends the exchanges of one onboarding again, one after another over kept connections, and reads each answer: the time
 * that the same calls take when nothing is decided, retried, parsed or stored in between. In milliseconds.
 */
export async function floorInMs(
  recording: string,
  stack: Stack,
): Promise<{ readonly ms: number; readonly calls: number }> {
  const toLocal = addressesOf(stack.cloud.env);
  const exchanges = readFileSync(recording, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recorded)
    .map((one) => ({ ...one, url: toLocal(one.url) }))
    // A blob's own host has a name of its own that leads nowhere from here.
    .filter(({ url }) => /^https?:\/\/(localhost|127\.0\.0\.1)[:/]/.test(url));
  const agent = new Agent({ keepAlive: true, ca: readFileSync(stack.cloud.caFile) });
  try {
    const began = performance.now();
    for (const exchange of exchanges) await sendAgain(exchange, agent);
    return { ms: performance.now() - began, calls: exchanges.length };
  } finally {
    agent.destroy();
  }
}

/** These the new connection writes itself. */
const ofTheConnection = new Set(["host", "content-length", "connection", "transfer-encoding"]);

function sendAgain({ method, url, requestHeaders, requestBody }: Recorded, agent: Agent): Promise<void> {
  const body = bodyOf(requestBody);
  const headers = Object.fromEntries(Object.entries(requestHeaders).filter(([name]) => !ofTheConnection.has(name)));
  return new Promise((resolve, reject) => {
    const isPlain = url.startsWith("http:");
    const options = {
      method,
      headers: { ...headers, ...(body === "" ? {} : { "content-length": Buffer.byteLength(body) }) },
    };
    const sent = isPlain ? plainRequest(url, options) : request(url, { ...options, agent });
    sent.on("response", (answer) => answer.resume().once("end", resolve).once("error", reject));
    sent.once("error", reject);
    sent.end(body);
  });
}

function bodyOf(body: unknown): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}
