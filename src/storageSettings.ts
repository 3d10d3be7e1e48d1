/** Where our rows rest, by the settings that Azure Functions itself reads. */
import type { Cloud } from "./azure/clouds.ts";
import type { OurIdentity } from "./azure/credentials.ts";
import { Secret } from "./domain/secret.ts";
import { withoutSlash, type Settings } from "./settings.ts";

export type StorageConfig =
  | { readonly kind: "connectionString"; readonly connectionString: Secret }
  /** `clientId`: the managed identity to use; null is the developer at the Azure CLI. */
  | { readonly kind: "identity"; readonly tableServiceUri: string; readonly clientId: string | null };

export function readStorage(settings: Settings, cloud: Cloud, ours: OurIdentity): StorageConfig {
  const name = "AzureWebJobsStorage";
  const connectionString = settings.optional(name);
  if (connectionString) return { kind: "connectionString", connectionString: new Secret(connectionString) };
  const account = settings.optional(`${name}__accountName`);
  const standard = account && `https://${account}.table.${cloud.storageSuffix}`;
  const tableServiceUri = settings.optional(`${name}__tableServiceUri`) ?? standard;
  if (tableServiceUri === undefined) {
    const ways = `a connection string, ${name}__tableServiceUri or ${name}__accountName`;
    settings.problem(name, `is not set. Give ${ways}; for Azurite UseDevelopmentStorage=true.`);
  } else if (URL.parse(tableServiceUri)?.protocol !== "https:") {
    settings.problem(`${name}__tableServiceUri`, `is not an https address: ${JSON.stringify(tableServiceUri)}.`);
  }
  const own = ours.kind === "managedIdentity" ? ours.managedIdentityClientId : null;
  const clientId = settings.optional(`${name}__clientId`) ?? own;
  return { kind: "identity", tableServiceUri: withoutSlash(tableServiceUri ?? ""), clientId };
}

/** Azure's rule for table names, with room for what follows the prefix. */
export function readTablePrefix(settings: Settings): string {
  const name = "CROSSPULL_TABLE_PREFIX";
  const prefix = settings.optional(name) ?? "crosspull";
  if (!/^[a-z][a-z0-9]{0,29}$/i.test(prefix)) {
    settings.problem(name, `must be 1 to 30 letters and digits, the first a letter: ${JSON.stringify(prefix)}.`);
  }
  return prefix;
}
