import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { startCloud, type CloudOptions } from "../../local/cloud/start.ts";
import type { Azure } from "../../src/azure/clients.ts";
import { customCloud, type Cloud } from "../../src/azure/clouds.ts";
import { connectAzure } from "../../src/azure/index.ts";
import type { InTenant } from "../../src/domain/facts.ts";
import { parseResourceId } from "../../src/domain/ids.ts";

export interface Simulated {
  readonly azure: Azure;
  readonly cloud: Cloud;
  readonly env: Readonly<Record<string, string>>;
  readonly tenantA: string;
  readonly tenantB: string;
  readonly cluster: InTenant;
  readonly registry: InTenant;
  /** Adapters that share nothing with `azure`: no client, no token. */
  connect(): Azure;
  /** Plants a fault; see local/cloud/README.md. */
  fault(fault: object): Promise<void>;
  control(method: string, path: string, body?: object): Promise<unknown>;
  /** How often each operation was called since the last time this was asked. */
  calls(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** A simulated cloud of its own for one test file, and the real adapters on it. */
export async function simulate(options: Omit<CloudOptions, "folder" | "port"> = {}): Promise<Simulated> {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-azure-"));
  // Set by `npm run conformance`, which judges what the tests said and heard.
  const recordTo = process.env["CROSSPULL_RECORD_TO"];
  const simulated = await startCloud({ folder, port: 0, recordTo, ...options });
  const { env } = simulated;
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), readFileSync(simulated.caFile, "utf8")]);
  Object.assign(process.env, { IDENTITY_ENDPOINT: env["IDENTITY_ENDPOINT"], IDENTITY_HEADER: env["IDENTITY_HEADER"] });
  const known = (name: string): string => env[name] ?? "";
  const cloud = customCloud({
    authorityUrl: known("ENTRA_URL"),
    armUrl: known("ARM_URL"),
    armAudience: "https://management.azure.com",
    graphUrl: known("GRAPH_URL"),
  });
  const connect = (): Azure =>
    connectAzure({
      cloud,
      vaultUrl: known("VAULT_URL"),
      credential: {
        kind: "managedIdentity",
        automationClientId: known("AUTOMATION_CLIENT_ID"),
        managedIdentityClientId: known("MANAGED_IDENTITY_CLIENT_ID"),
      },
    });
  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const request = body ? { method, body: JSON.stringify(body) } : { method };
    const answer = await fetch(`${simulated.controlUrl}${path}`, request);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`control answered ${answer.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    azure: connect(),
    cloud,
    env,
    connect,
    control,
    tenantA: known("TENANT_A"),
    tenantB: known("TENANT_B"),
    cluster: inTenant(known("CLUSTER_RESOURCE_ID"), known("TENANT_A")),
    registry: inTenant(known("REGISTRY_RESOURCE_ID"), known("TENANT_B")),
    fault: async (fault) => void (await control("POST", "/control/faults", fault)),
    calls: async () => {
      const { counts } = (await control("GET", "/control/calls")) as { counts: Readonly<Record<string, number>> };
      await control("DELETE", "/control/calls");
      return Object.fromEntries(Object.entries(counts).filter(([name]) => !name.startsWith("control ")));
    },
    close: async () => {
      await simulated.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function inTenant(id: string, tenantId: string): InTenant {
  const parsed = parseResourceId(id);
  if (parsed.outcome !== "parsed") throw new Error(`not a resource id: ${id}`);
  return { ...parsed.ref, tenantId };
}
