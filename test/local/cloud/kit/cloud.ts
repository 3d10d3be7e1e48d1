import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { ClientSecretCredential, type TokenCredentialOptions } from "@azure/identity";
import { instantTimings } from "../../../../local/cloud/kit/clock.ts";
import { startCloud, type Cloud, type CloudOptions } from "../../../../local/cloud/start.ts";

export interface TestCloud extends Cloud {
  /** The value of an env key; throws where there is none. */
  env1(key: string): string;
  /** Options that point @azure/identity here. */
  readonly identityOptions: TokenCredentialOptions & { disableInstanceDiscovery: boolean };
  /** A credential of one of the clients in `env`: `OPERATOR`, `READER`, `NOBODY`, or "" for the administrator's. */
  credential(tenantKey: string, client: string): ClientSecretCredential;
  /** A call of the control service; answers with its JSON. */
  control<Body = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
}

/** A cloud of its own on free ports where everything is instant, trusted by every client of this process. */
export async function testCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-cloud-"));
  // Set by `npm run conformance`, which judges what the tests said and heard.
  const recordTo = process.env["CROSSPULL_RECORD_TO"];
  const cloud = await startCloud({ folder, port: 0, timings: instantTimings, recordTo, ...options });
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), readFileSync(cloud.caFile, "utf8")]);
  const env1 = (key: string): string => {
    const value = cloud.env[key];
    if (value === undefined) throw new Error(`no ${key} in the environment`);
    return value;
  };
  const identityOptions = { authorityHost: env1("ENTRA_URL"), disableInstanceDiscovery: true };
  return {
    ...cloud,
    env1,
    identityOptions,
    credential: (tenantKey, client) => {
      const prefix = client === "" ? "" : `${client}_`;
      const [id, secret] = [env1(`${prefix}CLIENT_ID`), env1(`${prefix}CLIENT_SECRET`)];
      return new ClientSecretCredential(env1(tenantKey), id, secret, identityOptions);
    },
    control: async (method, path, body) => {
      const answer = await fetch(`${cloud.controlUrl}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
    },
    close: async () => {
      await cloud.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims;
}

export interface Claims {
  readonly iat: number;
  readonly exp: number;
  readonly oid: string;
  readonly roles?: readonly string[];
}

/** The JSON of an answer, taken to be what the caller says it is. */
export async function jsonOf<Body>(answer: Response): Promise<Body> {
  return (await answer.json()) as Body;
}
