import type { Call, Reply, Route } from "../kit/contract.ts";
import type { Life } from "../kit/life.ts";
import { item, parseChange, parseSet } from "./bodies.ts";
import { badParameter, conflict, deniedByPolicy, notFound, purgeProtected, vaultError } from "./errors.ts";
import type { Need } from "./guard.ts";
import { pageOf } from "./pages.ts";
import { violated } from "./policies.ts";
import type { VaultNow, VaultResource, VaultStore } from "./resource.ts";
import type { SecretChange, SecretVersion } from "./secrets.ts";
import type { SecretStore } from "./store.ts";

/** A route with what its caller must be allowed. */
export interface GuardedRoute extends Route {
  readonly need: Need;
}

/** The secrets of one vault, and what surrounds them. */
export interface Shelf {
  readonly store: SecretStore;
  /** The vault's address, with which ids begin. */
  readonly url: string;
  readonly vault: VaultResource;
  readonly vaults: VaultStore;
  readonly life: Life;
  readonly seconds: () => number;
}

type Work = (shelf: Shelf, call: Call, name: string) => Reply;
type Row = readonly [Route["method"], path: string, operation: string, verb: string, permission: string, Work];

/** Names and operations of Key Vault's secrets API, with data action and permission. */
const rows: readonly Row[] = [
  ["PUT", "/secrets/:name", "SetSecret", "setSecret/action", "set", set],
  ["GET", "/secrets/:name", "GetSecret", "getSecret/action", "get", get],
  ["GET", "/secrets/:name/:version", "GetSecret", "getSecret/action", "get", get],
  ["GET", "/secrets", "GetSecrets", "readMetadata/action", "list", list],
  ["GET", "/secrets/:name/versions", "GetSecretVersions", "readMetadata/action", "list", versions],
  ["PATCH", "/secrets/:name/:version", "UpdateSecret", "update/action", "set", change],
  ["DELETE", "/secrets/:name", "DeleteSecret", "delete", "delete", remove],
  ["GET", "/deletedsecrets", "GetDeletedSecrets", "readMetadata/action", "list", listDeleted],
  ["GET", "/deletedsecrets/:name", "GetDeletedSecret", "readMetadata/action", "get", deleted],
  ["DELETE", "/deletedsecrets/:name", "PurgeDeletedSecret", "purge/action", "purge", purge],
  ["POST", "/deletedsecrets/:name/recover", "RecoverDeletedSecret", "recover/action", "recover", recover],
];

export function secretRoutes(shelf: Shelf): GuardedRoute[] {
  return rows.map(([method, path, operation, verb, permission, work]) => ({
    method,
    path,
    operation,
    need: { action: `Microsoft.KeyVault/vaults/secrets/${verb}`, permission },
    handle: (call) => work(shelf, call, call.params["name"] ?? ""),
  }));
}

function set(shelf: Shelf, call: Call, name: string): Reply {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) return badParameter(`The request URI contains an invalid name: ${name}`);
  const parsed = parseSet(call.body);
  if (typeof parsed === "string") return badParameter(parsed);
  const refused = inConflict(shelf, name) ?? denied(shelf, name, parsed.properties);
  if (refused) return refused;
  const made = shelf.store.put(name, parsed.value, parsed.properties);
  return ok({ value: made.value, ...shown(shelf, name, made) });
}

function get(shelf: Shelf, { params: { version } }: Call, name: string): Reply {
  const found = shelf.store.get(name, version);
  if (!found) return missing(shelf, name, version);
  if (!found.enabled)
    return vaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
  return ok({ value: found.value, ...shown(shelf, name, found) });
}

function list(shelf: Shelf, call: Call): Reply {
  const items = shelf.store.list().map(({ name, latest }) => item(idOf(shelf, name), latest, now(shelf)));
  return pageOf(call, items);
}

function versions(shelf: Shelf, call: Call, name: string): Reply {
  const found = shelf.store.versions(name);
  return pageOf(
    call,
    inListOrder(shelf, found).map((one) => shown(shelf, name, one)),
  );
}

/** Versions are random numbers, and Key Vault lists them in the order of these. */
function inListOrder({ life }: Shelf, found: readonly SecretVersion[]): readonly SecretVersion[] {
  if (!life.on("versionsInNoOrder")) return found;
  const sorted = [...found].sort((one, other) => (one.version < other.version ? -1 : 1));
  if (sorted.some((one, index) => one !== found[index])) life.strike("versionsInNoOrder");
  return sorted;
}

function change(shelf: Shelf, call: Call, name: string): Reply {
  const asked = parseChange(call.body);
  if (typeof asked === "string") return badParameter(asked);
  const { version = "" } = call.params;
  const old = shelf.store.get(name, version);
  if (!old) return missing(shelf, name, version);
  const refused = inConflict(shelf, name) ?? denied(shelf, name, { ...old, ...asked }, old.created);
  if (refused) return refused;
  const changed = shelf.store.change(name, version, asked);
  return changed ? ok(shown(shelf, name, changed)) : notFound(name, version);
}

function remove(shelf: Shelf, _call: Call, name: string): Reply {
  if (shelf.store.conflict(name) === "beingRecovered") return inConflict(shelf, name) ?? notFound(name);
  const found = shelf.store.delete(name);
  return found ? ok(shownDeleted(shelf, found)) : notFound(name);
}

function listDeleted(shelf: Shelf, call: Call): Reply {
  return pageOf(
    call,
    shelf.store.allDeleted().map((one) => shownDeleted(shelf, one)),
  );
}

function deleted(shelf: Shelf, _call: Call, name: string): Reply {
  const found = shelf.store.deleted(name);
  return found ? ok(shownDeleted(shelf, found)) : missing(shelf, name);
}

function purge(shelf: Shelf, _call: Call, name: string): Reply {
  const { store, vault, vaults, life } = shelf;
  if (store.conflict(name) === "beingDeleted") return inConflict(shelf, name) ?? notFound(name);
  if (store.deleted(name) && now(shelf).isPurgeProtected) {
    if (vaults.isByLife(vault, "vaultPurgeProtection")) life.strike("vaultPurgeProtection");
    return purgeProtected(vault);
  }
  return store.purge(name) ? { status: 204 } : notFound(name);
}

function recover(shelf: Shelf, _call: Call, name: string): Reply {
  if (shelf.store.conflict(name) === "beingDeleted") return inConflict(shelf, name) ?? notFound(name);
  const back = shelf.store.recover(name);
  return back ? ok(shown(shelf, name, back)) : notFound(name);
}

/** 409 while the name is being deleted or recovered, or waits in the recycle bin. */
function inConflict({ store, life }: Shelf, name: string): Reply | undefined {
  const why = store.conflict(name);
  if (why === undefined) return undefined;
  if (why !== "deleted") life.strike("slowVaultDeletion");
  return conflict(name, why);
}

/** 404; of what was just deleted or recovered, because it does not show yet. */
function missing({ store, life }: Shelf, name: string, version?: string): Reply {
  const why = store.conflict(name);
  if (!store.isShown(name) && why !== undefined) life.strike("slowVaultDeletion");
  return notFound(name, version);
}

/** 403 where Azure Policy denies such a secret. */
function denied(shelf: Shelf, name: string, secret: SecretChange, created?: number): Reply | undefined {
  const policy = violated(now(shelf).policies, secret, created ?? shelf.seconds());
  if (policy === undefined) return undefined;
  if (shelf.vaults.isByLife(shelf.vault, "vaultDataPolicies")) shelf.life.strike("vaultDataPolicies");
  return deniedByPolicy(name, policy);
}

function now({ vaults, vault }: Shelf): VaultNow {
  return vaults.now(vault);
}

function shown(shelf: Shelf, name: string, version: SecretVersion): object {
  return item(idOf(shelf, name, version.version), version, now(shelf));
}

function shownDeleted(shelf: Shelf, found: NonNullable<ReturnType<SecretStore["deleted"]>>): object {
  const { name, versions: all, deletedDate, scheduledPurgeDate } = found;
  const latest = all.at(-1);
  return {
    recoveryId: `${shelf.url}/deletedsecrets/${name}`,
    deletedDate,
    scheduledPurgeDate,
    ...(latest && shown(shelf, name, latest)),
  };
}

function idOf({ url }: Shelf, name: string, version?: string): string {
  return `${url}/secrets/${name}${version ? `/${version}` : ""}`;
}

function ok(body: object): Reply {
  return { status: 200, body };
}
