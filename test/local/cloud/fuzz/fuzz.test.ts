import { Agent, request } from "node:https";
import { request as plainRequest } from "node:http";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { armScope, cloudWithPuller, pullerIn } from "../arm/people.ts";
import { jsonOf, type TestCloud } from "../kit/cloud.ts";
import { requestsTo, type Offered, type RandomRequest } from "./requests.ts";

/** `CROSSPULL_FUZZ=2000 npx jest test/local/cloud/fuzz`: that many requests to each service. */
const count = Number(process.env["CROSSPULL_FUZZ"] ?? 250);
const seed = Number(process.env["CROSSPULL_FUZZ_SEED"] ?? 1);

let cloud: TestCloud;
let offers: readonly Offered[];
let agent: Agent;
let state: string;
const defects: string[] = [];
beforeAll(async () => {
  // Never recorded: the judge of recordings chokes on nonsense.
  cloud = await cloudWithPuller({
    recordTo: undefined,
    log: (line) => line.includes('"defect"') && defects.push(line),
  });
  offers = (await cloud.control<readonly Offered[]>("GET", "/control/offers")).body;
  agent = new Agent({ keepAlive: true, ca: readFileSync(cloud.caFile) });
  state = await stateNow();
});
afterAll(async () => {
  agent.destroy();
  await cloud.close();
});

async function stateNow(): Promise<string> {
  return JSON.stringify((await cloud.control("GET", "/control/state")).body);
}

/** Undefined where the connection ended without an answer. */
function statusOf(base: string, tokens: readonly string[], asked: RandomRequest): Promise<number | undefined> {
  const { method, path, contentType, token } = asked;
  const body = method === "GET" || method === "HEAD" ? undefined : asked.body;
  const bearer = tokens[token] ?? "";
  const headers = {
    "x-identity-header": cloud.env1("IDENTITY_HEADER"),
    ...(contentType && { "content-type": contentType }),
    ...(bearer !== "" && { authorization: `Bearer ${bearer}` }),
    ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve) => {
    const { protocol, hostname, port } = new URL(base);
    const options = { method, hostname, port, path, headers, ...(protocol === "https:" && { agent }) };
    const sent = (protocol === "https:" ? request : plainRequest)(options, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    sent.setTimeout(10_000, () => sent.destroy());
    sent.once("error", () => resolve(undefined));
    sent.end(body);
  });
}

const services = [
  ["entra", "ENTRA_URL", armScope],
  ["graph", "GRAPH_URL", "https://graph.microsoft.com/.default"],
  ["arm", "ARM_URL", armScope],
  ["vault", "VAULT_URL", "https://vault.azure.net/.default"],
  ["registry", "ACR_LOGIN_SERVER", "https://containerregistry.azure.net/.default"],
  ["identity", "IDENTITY_ENDPOINT", armScope],
] as const;

test.each(services)(
  "%s answers whatever it is sent, never with a 5xx, and what it refuses changes nothing",
  async (service, key, scope) => {
    const base = baseOf(key);
    const tokens = await Promise.all([
      tokenOf("TENANT_A", "", scope),
      tokenOf("TENANT_B", "", scope),
      tokenOf("TENANT_A", "NOBODY", scope),
      tokenOf("TENANT_A", "", "https://vault.azure.net/.default"),
      pullerIn(cloud, "TENANT_B")
        .getToken(scope)
        .then(({ token }) => token),
    ]);
    if (service === "registry") tokens[0] = await registryToken();
    tokens.push("", "a.b.c", `${tokens[0]?.slice(0, -4)}AAAA`);
    const own = offers.filter((offer) => offer.service === service);
    let refused = 0;
    for (const asked of fc.sample(requestsTo(own, tokens.length), { numRuns: count, seed })) {
      const status = await statusOf(base, tokens, asked);
      const now = await stateNow();
      const where = JSON.stringify(asked);
      expect({ where, defects, isAnswered: status !== undefined && status < 500 }).toEqual({
        where,
        defects: [],
        isAnswered: true,
      });
      const mayChange = status !== undefined && status < 400 && !["GET", "HEAD"].includes(asked.method);
      if (!mayChange) expect({ where, isChanged: now !== state }).toEqual({ where, isChanged: false });
      if ((status ?? 0) >= 400) refused += 1;
      state = now;
    }
    // Neither all nor none: the requests are worth sending. The identity endpoint has one call only, seldom hit.
    expect(refused).toBeGreaterThan(count / 10);
    if (service !== "identity") expect(refused).toBeLessThan(count);
  },
  600_000,
);

test.each(["entra", "graph", "arm", "vault", "registry"] as const)(
  "as in life %s answers whatever it is sent, too",
  async (service) => {
    await cloud.control("PUT", "/control/life", await everySwitch(true));
    await cloud.control("PUT", "/control/limits", { scale: 1000 });
    const [, key, scope] = services.find(([name]) => name === service) ?? services[0];
    const base = baseOf(key);
    const tokens = [await tokenOf("TENANT_A", "", scope), await tokenOf("TENANT_B", "", scope), ""];
    const own = offers.filter((offer) => offer.service === service);
    for (const asked of fc.sample(requestsTo(own, tokens.length), { numRuns: count, seed: seed + 1 })) {
      const status = await statusOf(base, tokens, asked);
      const where = JSON.stringify(asked);
      expect({ where, defects, isAnswered: status !== undefined && status < 500 }).toEqual({
        where,
        defects: [],
        isAnswered: true,
      });
    }
    await cloud.control("PUT", "/control/life", await everySwitch(false));
  },
  600_000,
);

async function everySwitch(on: boolean): Promise<Readonly<Record<string, boolean>>> {
  const { body } = await cloud.control<readonly { readonly name: string }[]>("GET", "/control/life");
  return Object.fromEntries(body.map(({ name }) => [name, on]));
}

function baseOf(key: string): string {
  const address = cloud.env1(key);
  return new URL(address.includes("//") ? address : `https://${address}`).origin;
}

/** For what the administrator of tenant B may do in the registry. */
async function registryToken(): Promise<string> {
  const host = cloud.env1("ACR_LOGIN_SERVER");
  const basic = Buffer.from(`${cloud.env1("CLIENT_ID")}:${cloud.env1("CLIENT_SECRET")}`).toString("base64");
  const scope = encodeURIComponent("repository:team/app:pull,push,delete");
  const answer = await fetch(`https://${host}/oauth2/token?service=${host}&scope=${scope}`, {
    headers: { authorization: `Basic ${basic}` },
  });
  return (await jsonOf<{ access_token: string }>(answer)).access_token;
}

async function tokenOf(tenant: string, client: string, scope: string): Promise<string> {
  const credential = cloud.credential(tenant, client);
  // Some clients have no place in some tenants; they send nothing.
  return credential.getToken(scope).then(
    ({ token }) => token,
    () => "",
  );
}
