import { fingerprint } from "../kit/fingerprint.ts";
import type { Authorization, Call, Clock, Directory, Reply, Route, Service, Timings } from "../kit/contract.ts";
import { inClockMs } from "../kit/clock.ts";
import type { IdMaker } from "../kit/ids.ts";
import type { Life } from "../kit/life.ts";
import { challenge, vaultError } from "./errors.ts";
import { refusalOf, type Need } from "./guard.ts";
import { serviceOf, type VaultResource, type VaultStore } from "./resource.ts";
import { secretRoutes } from "./routes.ts";
import type { Slowness } from "./secrets.ts";
import { secretStore, type SecretStore } from "./store.ts";

export interface VaultOptions {
  readonly vault: VaultResource;
  readonly vaults: VaultStore;
  readonly directory: Directory;
  readonly authorization: Authorization;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly entraUrl: string;
  readonly vaultUrl: string;
  readonly callerAddress: string;
  readonly life: Life;
  readonly ids: IdMaker;
}

export interface Vault {
  readonly service: Service;
  /** Names, versions and attributes; never a value. */
  dump(): object;
  reset(): void;
  snapshot(): () => void;
}

/** One vault's own endpoint. */
export function createVault(options: VaultOptions): Vault {
  const { vault, vaults, clock, vaultUrl, ids, life } = options;
  const store = secretStore({
    clock,
    ids,
    slowness: slownessOf(options),
    retentionInDays: () => vaults.now(vault).retentionInDays,
  });
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const routes = secretRoutes({ store, url: vaultUrl, vault, vaults, life, seconds });
  const needs = new Map<Route, Need>(routes.map((route) => [route, route.need]));
  return {
    service: {
      name: serviceOf(vault),
      routes,
      about: ({ params: { name } }) => ({
        tenantId: vault.tenantId,
        resource: name ? `${vault.id}/secrets/${name}` : vault.id,
      }),
      authenticate: (call, route) => authenticated(call, needs.get(route), options),
      bodyLimitInBytes: 128 * 1024,
      unknown: () => vaultError(404, "ResourceNotFound", "The requested resource was not found."),
      tooLarge: () => vaultError(413, "RequestEntityTooLarge", "The request body is too large."),
      broken: () => vaultError(500, "InternalServerError", "An internal error occurred."),
    },
    dump: () => ({ id: vault.id, ...vaults.now(vault), secrets: dumpOf(store), deletedSecrets: deletedIn(store) }),
    reset: () => store.reset(),
    snapshot: () => store.snapshot(),
  };
}

async function authenticated(call: Call, need: Need | undefined, options: VaultOptions): Promise<Call | Reply> {
  const { vault, directory, entraUrl, vaultUrl } = options;
  const { tenantId } = vault;
  const [, token] = /^Bearer (.+)$/i.exec(call.header("authorization") ?? "") ?? [];
  if (!token) return challenge(entraUrl, tenantId, "AKV10000: Request is missing a Bearer or PoP token.");
  const principal = await directory.verify(token, ["https://vault.azure.net", vaultUrl]);
  if (!principal)
    return challenge(entraUrl, tenantId, "AKV10022: Invalid audience, signature or lifetime of the presented token.");
  if (principal.tenantId !== tenantId)
    return challenge(
      entraUrl,
      tenantId,
      `AKV10032: Invalid issuer. Expected tenant ${tenantId}, found ${principal.tenantId}.`,
    );
  const version = call.query("api-version");
  if (!version) return vaultError(400, "BadParameter", "api-version must be specified");
  if (!/^(7\.[0-6]|\d{4}-\d\d-\d\d)(-preview(\.\d+)?)?$/.test(version))
    return vaultError(400, "BadParameter", `The specified version (${version}) is not recognized.`);
  if (!need) throw new Error("a route without what its caller needs");
  return refusalOf(call, principal, need, options) ?? { ...call, principal };
}

/** Deleting and recovering: what was done shows after seconds, and leaves the name in conflict for up to a minute. */
function slownessOf({ vault, life, timings }: VaultOptions): (name: string) => Slowness {
  const counts = new Map<string, number>();
  return (name) => {
    if (!life.on("slowVaultDeletion")) return { shownInMs: 0, settledInMs: 0 };
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const drawn = life.chance("slowVaultDeletion", `${vault.id} ${name} ${count}`);
    return { shownInMs: inClockMs(timings, 2 + drawn * 10), settledInMs: inClockMs(timings, 15 + drawn * 45) };
  };
}

function deletedIn(store: SecretStore): readonly object[] {
  return store
    .allDeleted()
    .map(({ name, deletedDate, scheduledPurgeDate }) => ({ name, deletedDate, scheduledPurgeDate }));
}

function dumpOf(store: SecretStore): readonly object[] {
  return store.list().map(({ name }) => ({
    name,
    versions: store.versions(name).map(({ version, enabled, exp, created, tags, value }) => ({
      version,
      enabled,
      created,
      tags,
      secretFingerprint: fingerprint(value),
      ...(exp !== undefined && { exp }),
    })),
  }));
}
