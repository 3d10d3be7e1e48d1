import { randomBytes } from "node:crypto";

/** The app's settings for the simulated cloud: the same names a deployment sets, and nothing else. */
export function appSettings(
  cloud: Readonly<Record<string, string>>,
  storage: string,
  waits: Readonly<Record<string, number>>,
): Record<string, string> {
  const from = (name: string): string => {
    const value = cloud[name];
    if (!value) throw new Error(`the simulated cloud did not say its ${name}`);
    return value;
  };
  return {
    AzureWebJobsStorage: storage,
    FUNCTIONS_WORKER_RUNTIME: "node",
    NODE_EXTRA_CA_CERTS: from("CA_BUNDLE"),
    IDENTITY_ENDPOINT: from("IDENTITY_ENDPOINT"),
    IDENTITY_HEADER: from("IDENTITY_HEADER"),
    CROSSPULL_CLOUD: "custom",
    CROSSPULL_AUTHORITY_URL: from("ENTRA_URL"),
    CROSSPULL_ARM_URL: from("ARM_URL"),
    CROSSPULL_ARM_AUDIENCE: "https://management.azure.com",
    CROSSPULL_GRAPH_URL: from("GRAPH_URL"),
    CROSSPULL_VAULT_URL: from("VAULT_URL"),
    CROSSPULL_AUTOMATION_CLIENT_ID: from("AUTOMATION_CLIENT_ID"),
    CROSSPULL_MANAGED_IDENTITY_CLIENT_ID: from("MANAGED_IDENTITY_CLIENT_ID"),
    CROSSPULL_API_TENANT_ID: from("TENANT_A"),
    CROSSPULL_API_AUDIENCE: from("API_AUDIENCE"),
    CROSSPULL_STATE_KEY: randomBytes(32).toString("hex"),
    ...Object.fromEntries(Object.entries(waits).map(([name, value]) => [`CROSSPULL_WAIT_${name}`, String(value)])),
  };
}
