import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect, type Socket } from "node:net";
import tls from "node:tls";
import type { Env } from "./azure.ts";

/** What somebody signs in to a registry with. */
export interface Puller {
  readonly user: string;
  readonly password: string;
  readonly refreshToken: string;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Three applications of the cluster's tenant in the registry's: one with AcrPull, one with AcrPush, one with nothing;
 * and the trial of an ARM token on a registry that takes none.
 */
export async function pullers(env: Env): Promise<{
  readonly puller: Puller;
  readonly pusher: Puller;
  readonly stranger: Puller;
  armTokenOnAcrOnly(): Promise<{ readonly arm: number; readonly own: number }>;
}> {
  const call = caller(env);
  const [puller, pusher, stranger] = [
    await makePuller(call, env, "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    await makePuller(call, env, "8311e382-0749-4cb8-b61a-304f252e45ec"),
    await makePuller(call, env),
  ];
  return { puller, pusher, stranger, armTokenOnAcrOnly: () => armTokenOnAcrOnly(call, env) };
}

type Caller = ReturnType<typeof caller>;

async function makePuller(call: Caller, env: Env, roleId?: string): Promise<Puller> {
  const graph = env["GRAPH_URL"] ?? "";
  const inA = await call.token("TENANT_A", "https://graph.microsoft.com");
  const name = { displayName: "skopeo", signInAudience: "AzureADMultipleOrgs" };
  const { body: app } = await call.json("POST", `${graph}/v1.0/applications`, inA, name);
  const added = await call.json("POST", `${graph}/v1.0/applications/${String(app["id"])}/addPassword`, inA, {});
  const [user, password] = [String(app["appId"]), String(added.body["secretText"])];
  const inB = await call.token("TENANT_B", "https://graph.microsoft.com");
  const { body: principal } = await call.json("POST", `${graph}/v1.0/servicePrincipals`, inB, { appId: user });
  if (roleId) await giveRole(call, env, String(principal["id"]), roleId);
  if (!roleId) return { user, password, refreshToken: "" };
  const refreshToken = await patiently(async () => {
    const own = await call.token("TENANT_B", "https://containerregistry.azure.net", user, password);
    return (await exchange(call, env["ACR_LOGIN_SERVER"] ?? "", own)).body["refresh_token"];
  });
  return { user, password, refreshToken };
}

/** What was just made is not known everywhere at once: whoever did it by hand would try again. */
async function patiently(attempt: () => Promise<unknown>): Promise<string> {
  for (let left = 40; left > 0; left -= 1) {
    const found = await attempt();
    if (typeof found === "string") return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the registry gives out no refresh token");
}

async function giveRole(call: Caller, env: Env, principalId: string, roleId: string): Promise<void> {
  const arm = await call.token("TENANT_B", "https://management.azure.com");
  const scope = env["REGISTRY_RESOURCE_ID"] ?? "";
  const roleDefinitionId = `/subscriptions/${env["SUBSCRIPTION_ID_B"]}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`;
  const properties = { principalId, roleDefinitionId, principalType: "ServicePrincipal" };
  await call.json("PUT", `${env["ARM_URL"]}${path}?api-version=2022-04-01`, arm, { properties });
}

async function armTokenOnAcrOnly(call: Caller, env: Env): Promise<{ arm: number; own: number }> {
  const arm = await call.token("TENANT_B", "https://management.azure.com");
  const id = (env["REGISTRY_RESOURCE_ID"] ?? "").replace(env["REGISTRY"] ?? "", "fabrikamabac");
  const { body } = await call.json("GET", `${env["ARM_URL"]}${id}?api-version=2025-11-01`, arm);
  const { loginServer } = body["properties"] as { loginServer: string };
  const own = await call.token("TENANT_B", "https://containerregistry.azure.net");
  return {
    arm: (await exchange(call, loginServer, arm)).status,
    own: (await exchange(call, loginServer, own)).status,
  };
}

function exchange(call: Caller, server: string, token: string): Promise<Answer> {
  const form = { grant_type: "access_token", service: server, access_token: token };
  return call.form(`https://${server}/oauth2/exchange`, form);
}

interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

function caller(env: Env): {
  token(tenant: "TENANT_A" | "TENANT_B", resource: string, user?: string, password?: string): Promise<string>;
  json(method: string, url: string, token: string, body?: object): Promise<Answer>;
  form(url: string, body: Record<string, string>): Promise<Answer>;
} {
  const send = (url: string, sent: Sent): Promise<Answer> => answerFrom(env, url, sent);
  const form = (url: string, body: Record<string, string>): Promise<Answer> =>
    send(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(body).toString(),
    });
  return {
    form,
    token: async (tenant, resource, user = env["CLIENT_ID"] ?? "", password = env["CLIENT_SECRET"] ?? "") => {
      const asked = { grant_type: "client_credentials", scope: `${resource}/.default` };
      const url = `${env["ENTRA_URL"]}/${env[tenant]}/oauth2/v2.0/token`;
      const answer = await form(url, { ...asked, client_id: user, client_secret: password });
      return String(answer.body["access_token"]);
    },
    json: async (method, url, token, body) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await send(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      if (answer.status >= 400) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
  };
}

/** One exchange over TLS; through the proxy for a name that is not this machine's. */
async function answerFrom(env: Env, url: string, { method, headers, body }: Sent): Promise<Answer> {
  const ca = readFileSync(env["CA_BUNDLE"] ?? "", "utf8");
  const { hostname } = new URL(url);
  const tunnel = hostname === "localhost" ? undefined : await connectThrough(env["HTTPS_PROXY"] ?? "", hostname);
  const secured = tunnel && tls.connect({ socket: tunnel, servername: hostname, ca });
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        headers: { ...headers, host: new URL(url).host },
        ca,
        ...(secured ? { createConnection: () => secured } : { agent: false }),
      },
      (response) => {
        const chunks: string[] = [];
        response.on("data", (chunk) => chunks.push(String(chunk)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parsed(chunks.join("")) }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function parsed(text: string): Answer["body"] {
  return text === "" ? {} : (JSON.parse(text) as Answer["body"]);
}

function connectThrough(proxyUrl: string, host: string): Promise<Socket> {
  const { hostname, port } = new URL(proxyUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`),
    );
    socket.once("data", (head) =>
      String(head).startsWith("HTTP/1.1 200") ? resolve(socket) : reject(new Error(`the proxy refuses ${host}`)),
    );
    socket.once("error", reject);
  });
}
