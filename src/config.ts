import { cloudNames, clouds, customCloud, type Cloud } from "./azure/clouds.ts";
import type { OurIdentity } from "./azure/credentials.ts";
import { policyBounds } from "./domain/policy.ts";
import { Secret } from "./domain/secret.ts";
import type { SweepLimits } from "./domain/sweep.ts";
import { onboardingWaits, standardWaits, type OnboardingWaits } from "./domain/waits.ts";
import { parseWindow, type MaintenanceWindow } from "./domain/window.ts";
import { Settings, withoutSlash, type Environment } from "./settings.ts";
import { readStorage, readTablePrefix, type StorageConfig } from "./storageSettings.ts";

/** Everything the app is told from outside. Each setting is explained in docs/configuration.md. */
export type Config = {
  readonly cloud: Cloud;
  readonly credential: OurIdentity;
  readonly vaultUrl: string;
  /** Who may call our HTTP API: bearers of tokens that this tenant issued for this audience. */
  readonly api: { readonly tenantId: string; readonly audience: string };
  /** Where people reach us; no slash at the end. */
  readonly publicUrl: string;
  /** Where Entra sends an administrator after the consent page. */
  readonly redirectUri: string;
  /** Signs the `state` of consent links. */
  readonly stateKey: Secret;
  readonly storage: StorageConfig;
  /** Table names begin with it. */
  readonly tablePrefix: string;
  readonly secretLifetimeInDays: number;
  /** The part of its life that a secret has used up when its rotation is due. */
  readonly rotationFraction: number;
  /** What the daily sweep begins at most. */
  readonly sweepLimits: SweepLimits;
  /** A request that reads both sides is answered within this time, if only by the names of those that did not answer. */
  readonly preflightLimitInSeconds: number;
  readonly waits: OnboardingWaits;
  /** When clusters may be updated; null is always. */
  readonly maintenanceWindow: MaintenanceWindow | null;
  /** Names that begin like ours and are no settings of this version. No error: a version that knows them may be rolled back. */
  readonly unknownSettings: readonly string[];
};

/** All that is wrong with the settings. Holds no value that may be secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One sentence or two each, beginning with the setting's name. */
  readonly problems: readonly string[];
  /** The names alone: these may be told to anybody. */
  readonly settings: readonly string[];

  constructor(problems: readonly string[]) {
    const settings = [...new Set(problems.map((text) => text.split(" ")[0] ?? ""))];
    // The names come in the first line, of which a host that cannot load the app may show no more.
    const names = settings.join(", ");
    super(`these settings need attention (docs/configuration.md explains them): ${names}\n${problems.join("\n")}`);
    this.problems = problems;
    this.settings = settings;
  }
}

/**
 * Throws ConfigError for settings that still hold a placeholder of local.settings.sample.json (`<...>`): a key that
 * everybody can read must never sign anything. Cheap, so that it can be asked when the app is loaded.
 */
export function refusePlaceholders(environment: Environment): void {
  const left = Object.entries(environment).filter(
    ([name, value]) => name.startsWith("CROSSPULL_") && /<[^<>]*>/.test(value ?? ""),
  );
  if (left.length === 0) return;
  throw new ConfigError(
    left.map(([name]) => `${name} still holds the placeholder of local.settings.sample.json. Give its real value.`),
  );
}

/** Reads and checks all settings. Throws ConfigError with every problem found. */
export function readConfig(environment: Environment): Config {
  const settings = new Settings(environment);
  const cloud = readCloud(settings);
  const credential = readCredential(settings);
  const publicUrl = readPublicUrl(settings);
  const stateKey = readStateKey(settings);
  const config = {
    cloud,
    credential,
    vaultUrl: settings.address("CROSSPULL_VAULT_URL", "Give the vault's address, https://<name>.vault.azure.net."),
    api: {
      tenantId: settings.guid("CROSSPULL_API_TENANT_ID", "Give the tenant whose users and apps may call this API."),
      audience: settings.text(
        "CROSSPULL_API_AUDIENCE",
        "Give the client id of the application that stands for this API.",
      ),
    },
    publicUrl,
    redirectUri: `${publicUrl}/api/consent`,
    storage: readStorage(settings, cloud, credential),
    tablePrefix: readTablePrefix(settings),
    secretLifetimeInDays: settings.number("CROSSPULL_SECRET_LIFETIME_IN_DAYS", 180, policyBounds.lifetimeInDays),
    rotationFraction: settings.number("CROSSPULL_ROTATION_FRACTION", 2 / 3, policyBounds.fraction),
    sweepLimits: {
      maxConcurrent: settings.number("CROSSPULL_MAX_CONCURRENT_ROTATIONS", 500, {
        least: 1,
        most: 10_000,
        whole: true,
      }),
      failuresInARow: settings.number("CROSSPULL_ROTATION_FAILURES_IN_A_ROW", 5, { least: 1, most: 1000, whole: true }),
    },
    preflightLimitInSeconds: settings.number("CROSSPULL_PREFLIGHT_LIMIT_IN_SECONDS", 20, { least: 1, most: 200 }),
    waits: readWaits(settings),
    maintenanceWindow: readWindow(settings),
  };
  if (settings.problems.length > 0 || !stateKey) throw new ConfigError(settings.problems);
  // Read for one kind of cloud or credential only.
  for (const name of ofOneKind) settings.optional(name);
  return { ...config, stateKey, unknownSettings: settings.unasked("CROSSPULL_") };
}

const ofOneKind = [
  ...["CROSSPULL_AUTHORITY_URL", "CROSSPULL_ARM_URL", "CROSSPULL_ARM_AUDIENCE", "CROSSPULL_GRAPH_URL"],
  ...["CROSSPULL_AUTOMATION_CLIENT_ID", "CROSSPULL_MANAGED_IDENTITY_CLIENT_ID"],
];

/** Sovereign clouds offer new versions of a service months after the public one. */
function readCloud(settings: Settings): Cloud {
  return {
    ...readAddresses(settings),
    aksApiVersion: readApiVersion(settings, "CROSSPULL_AKS_API_VERSION"),
    acrApiVersion: readApiVersion(settings, "CROSSPULL_ACR_API_VERSION"),
  };
}

/** null: the version that the SDK was made for. */
function readApiVersion(settings: Settings, name: string): string | null {
  const version = settings.optional(name);
  if (version === undefined) return null;
  if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version))
    settings.problem(name, `is not an api-version such as 2025-04-01: ${JSON.stringify(version)}.`);
  return version;
}

function readAddresses(settings: Settings): Cloud {
  const name = settings.choice("CROSSPULL_CLOUD", cloudNames);
  if (name !== "custom") return clouds[name];
  const needed = "A custom cloud needs it.";
  const armUrl = settings.address("CROSSPULL_ARM_URL", needed);
  return customCloud({
    authorityUrl: settings.address("CROSSPULL_AUTHORITY_URL", needed),
    armUrl,
    armAudience: withoutSlash(settings.optional("CROSSPULL_ARM_AUDIENCE") ?? armUrl),
    graphUrl: settings.address("CROSSPULL_GRAPH_URL", needed),
  });
}

function readCredential(settings: Settings): OurIdentity {
  const kind = settings.choice("CROSSPULL_CREDENTIAL", ["managedIdentity", "azureCli"]);
  if (kind === "azureCli") return { kind };
  const automation = "Give the client id of the application that signs in to both tenants.";
  const identity = "Give the client id of the user-assigned managed identity of this app.";
  return {
    kind,
    automationClientId: settings.guid("CROSSPULL_AUTOMATION_CLIENT_ID", automation),
    managedIdentityClientId: settings.guid("CROSSPULL_MANAGED_IDENTITY_CLIENT_ID", identity),
  };
}

/** Entra accepts plain http in a redirect address for localhost only. */
function readPublicUrl(settings: Settings): string {
  const name = "CROSSPULL_PUBLIC_URL";
  const hostName = settings.optional("WEBSITE_HOSTNAME");
  const standard = hostName && `${isLocal(hostName) ? "http" : "https"}://${hostName}`;
  const value = settings.optional(name) ?? standard;
  const hint = "Give the address people reach this app at, such as https://crosspull.contoso.com.";
  if (value === undefined) {
    settings.problem(name, `is not set, and neither is WEBSITE_HOSTNAME. ${hint}`);
    return "";
  }
  const url = URL.parse(value);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLocal(url.host));
  if (!url || !isSafe || url.search !== "" || url.hash !== "") {
    settings.problem(name, `is not an https address (http only for localhost): ${JSON.stringify(value)}. ${hint}`);
  }
  return withoutSlash(value);
}

function isLocal(host: string): boolean {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/i.test(host);
}

function readStateKey(settings: Settings): Secret | undefined {
  const name = "CROSSPULL_STATE_KEY";
  const least = 32;
  const value = settings.optional(name) ?? "";
  if (value.length >= least && !value.startsWith("@Microsoft.KeyVault(")) return new Secret(value);
  const found =
    value === "" ? "is not set" : value.startsWith("@") ? "is an unresolved Key Vault reference" : "is too short";
  settings.problem(name, `${found}. Give at least ${least} random characters, in Azure by a Key Vault reference.`);
  return undefined;
}

/** `CROSSPULL_WAIT_<NAME>_IN_SECONDS` for each wait, and the number of proofs; the rest is standard. */
function readWaits(settings: Settings): OnboardingWaits {
  const entries = Object.entries(standardWaits).map(([field, standard]): [string, number] => {
    const name = `CROSSPULL_WAIT_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const bounds = field.endsWith("InSeconds") ? { least: 0, most: 31_536_000 } : { least: 1, most: 100, whole: true };
    return [field, settings.number(name, standard, bounds)];
  });
  return onboardingWaits(Object.fromEntries(entries));
}

function readWindow(settings: Settings): MaintenanceWindow | null {
  const name = "CROSSPULL_MAINTENANCE_WINDOW";
  const text = settings.optional(name);
  if (text === undefined) return null;
  const parsed = parseWindow(text);
  if (parsed.outcome === "parsed") return parsed.window;
  settings.problem(name, `cannot be read: ${parsed.reason}.`);
  return null;
}
