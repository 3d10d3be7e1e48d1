import { readFileSync } from "node:fs";
import tls from "node:tls";

export type Role = "operator" | "reader" | "nobody";
export const roles: readonly Role[] = ["operator", "reader", "nobody"];

/** A bearer token for Crosspull's API from the simulated Entra, by client credentials; `cloud`: what the cloud says about itself. */
export async function requestToken(role: Role, cloud: NodeJS.Dict<string>): Promise<string> {
  const value = (key: string): string => {
    const text = cloud[key];
    if (!text) throw new Error(`the cloud did not say its ${key}: is it of another version?`);
    return text;
  };
  trust(value("CA_BUNDLE"));
  const prefix = role.toUpperCase();
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: value(`${prefix}_CLIENT_ID`),
    client_secret: value(`${prefix}_CLIENT_SECRET`),
    scope: `${value("API_AUDIENCE")}/.default`,
  });
  const url = `${value("ENTRA_URL")}/${value("TENANT_A")}/oauth2/v2.0/token`;
  const answer = await fetch(url, { method: "POST", body: form }).catch(() => {
    throw new Error(`no simulated cloud answers at ${value("ENTRA_URL")}`);
  });
  const body = (await answer.json()) as { access_token?: string; error_description?: string };
  if (!body.access_token) throw new Error(body.error_description ?? `the token endpoint answered ${answer.status}`);
  return body.access_token;
}

const trusted = new Set<string>();

/** Lets this process speak HTTPS with the simulated cloud, beside everything it trusted before. */
export function trust(caFile: string): void {
  const certificates = readFileSync(caFile, "utf8");
  // To set them takes a while, and one that is there would be there twice.
  if (trusted.has(certificates)) return;
  trusted.add(certificates);
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), certificates]);
}
