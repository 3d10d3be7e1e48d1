import type { TestCloud } from "../kit/cloud.ts";
import { arm, puller, registryId, type Answer } from "../arm/people.ts";

export const prod = registryId("fabrikamprod");
export const inB = { tenant: "TENANT_B" } as const;
const version = "api-version=2025-11-01";

export const read = (cloud: TestCloud, id = prod): Promise<Answer> => arm(cloud, "GET", `${id}?${version}`, inB);
export const patch = (cloud: TestCloud, properties: object, id = prod): Promise<Answer> =>
  arm(cloud, "PATCH", `${id}?${version}`, { ...inB, body: { properties } });
export const hostOf = async (cloud: TestCloud, id = prod): Promise<string> =>
  (await read(cloud, id)).body.properties.loginServer;

/** `from`: the address of a node; absent: anybody else. */
export async function ask(
  host: string,
  path: string,
  headers: Record<string, string> = {},
  from?: string,
): Promise<Response> {
  const address = from === undefined ? {} : { "x-simulated-address": from };
  return fetch(`https://${host}${path}`, { headers: { ...headers, ...address }, redirect: "manual" });
}

export async function tokenFor(host: string, scope = "repository:team/app:pull"): Promise<Response> {
  const login = { grant_type: "password", username: puller.appId, password: puller.secret };
  const body = new URLSearchParams({ ...login, service: host, scope });
  return fetch(`https://${host}/oauth2/token`, { method: "POST", body });
}

export async function bearer(host: string, scope?: string): Promise<Record<string, string>> {
  const { access_token: token } = (await (await tokenFor(host, scope)).json()) as { access_token: string };
  return { authorization: `Bearer ${token}` };
}

export async function layerOf(
  host: string,
  headers: Record<string, string>,
): Promise<{ digest: string; size: number }> {
  const accept = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const answer = await ask(host, "/v2/team/app/manifests/v1", { ...headers, ...accept });
  const { layers } = (await answer.json()) as { layers: readonly { digest: string; size: number }[] };
  const [layer] = layers;
  if (!layer) throw new Error("no layer");
  return layer;
}
