import { ClientAssertionCredential } from "@azure/identity";
import type { TestCloud } from "../kit/cloud.ts";

const graphScope = "https://graph.microsoft.com/.default";

export interface GraphAnswer {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever Graph said
}

/** Calls Graph as one caller: `await call("GET", "/applications")`. */
export type GraphCall = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<GraphAnswer>;

export function caller(cloud: TestCloud, token: string): GraphCall {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${cloud.env1("GRAPH_URL")}/v1.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
}

/** The administrator of a tenant, who may change everything in it. */
export async function administrator(cloud: TestCloud, tenantKey = "TENANT_A"): Promise<GraphCall> {
  return caller(cloud, (await cloud.credential(tenantKey, "").getToken(graphScope)).token);
}

/** The automation of tenant A, which may make applications and change its own. */
export async function automation(cloud: TestCloud): Promise<GraphCall> {
  const credential = new ClientAssertionCredential(
    cloud.env1("TENANT_A"),
    cloud.env1("AUTOMATION_CLIENT_ID"),
    () => identityToken(cloud, "api://AzureADTokenExchange"),
    cloud.identityOptions,
  );
  return caller(cloud, (await credential.getToken(graphScope)).token);
}

/** What the managed identity endpoint gives out. */
export async function identityToken(cloud: TestCloud, resource: string): Promise<string> {
  const query = new URLSearchParams({
    "api-version": "2019-08-01",
    resource,
    client_id: cloud.env1("MANAGED_IDENTITY_CLIENT_ID"),
  });
  const answer = await fetch(`${cloud.env1("IDENTITY_ENDPOINT")}?${query.toString()}`, {
    headers: { "x-identity-header": cloud.env1("IDENTITY_HEADER") },
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

export async function later(cloud: TestCloud, advanceInSeconds: number): Promise<void> {
  await cloud.control("POST", "/control/clock", { advanceInSeconds });
}

/** What a client is told at the token endpoint: 0 for a token, else Entra's number. */
export async function signIn(
  cloud: TestCloud,
  tenantKey: string,
  { appId, secret }: { readonly appId: string; readonly secret: string },
  scope = "https://containerregistry.azure.net/.default",
): Promise<number> {
  const answer = await fetch(`${cloud.env1("ENTRA_URL")}/${cloud.env1(tenantKey)}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: appId, client_secret: secret, scope }),
  });
  const { error_codes: [code] = [0] } = (await answer.json()) as { error_codes?: number[] };
  return code ?? 0;
}
