import type { Call, Reply, Route } from "../kit/contract.ts";
import { item, parseChange, parseSet, retentionInDays } from "./bodies.ts";
import { badParameter, deletedButRecoverable, notFound, vaultError } from "./errors.ts";
import type { SecretStore } from "./store.ts";

/** A route with the data action Azure RBAC must allow. */
export interface GuardedRoute extends Route {
  readonly action: string;
}

/** The secrets of one vault, and the address its ids begin with. */
interface Shelf {
  readonly store: SecretStore;
  readonly url: string;
}

/** Names and operations of Key Vault's secrets API. `url`: the vault's address. */
export function secretRoutes(store: SecretStore, url: string): GuardedRoute[] {
  const shelf = { store, url };
  const may = (verb: string): string => `Microsoft.KeyVault/vaults/secrets/${verb}`;
  const on =
    (work: (shelf: Shelf, call: Call, name: string) => Reply): Route["handle"] =>
    (call) =>
      work(shelf, call, call.params["name"] ?? "");
  const [live, bin] = ["/secrets", "/deletedsecrets"];
  const read = { operation: "GetSecret", action: may("getSecret/action"), handle: on(get) };
  return [
    { method: "PUT", path: `${live}/:name`, operation: "SetSecret", action: may("setSecret/action"), handle: on(set) },
    { method: "GET", path: `${live}/:name`, ...read },
    { method: "GET", path: `${live}/:name/:version`, ...read },
    { method: "GET", path: live, operation: "GetSecrets", action: may("readMetadata/action"), handle: on(list) },
    {
      ...{ method: "GET", path: `${live}/:name/versions`, operation: "GetSecretVersions" },
      ...{ action: may("readMetadata/action"), handle: on(versions) },
    },
    {
      ...{ method: "PATCH", path: `${live}/:name/:version`, operation: "UpdateSecret" },
      ...{ action: may("update/action"), handle: on(change) },
    },
    { method: "DELETE", path: `${live}/:name`, operation: "DeleteSecret", action: may("delete"), handle: on(remove) },
    {
      ...{ method: "GET", path: `${bin}/:name`, operation: "GetDeletedSecret" },
      ...{ action: may("readMetadata/action"), handle: on(deleted) },
    },
    {
      ...{ method: "DELETE", path: `${bin}/:name`, operation: "PurgeDeletedSecret" },
      ...{ action: may("purge/action"), handle: on(purge) },
    },
    {
      ...{ method: "POST", path: `${bin}/:name/recover`, operation: "RecoverDeletedSecret" },
      ...{ action: may("recover/action"), handle: on(recover) },
    },
  ];
}

function set({ store, url }: Shelf, call: Call, name: string): Reply {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) return badParameter(`The request URI contains an invalid name: ${name}`);
  const parsed = parseSet(call.body);
  if (typeof parsed === "string") return badParameter(parsed);
  const made = store.put(name, parsed.value, parsed.properties);
  if (made === "deleted") return deletedButRecoverable(name);
  return ok({ value: made.value, ...item(idOf(url, name, made.version), made) });
}

function get({ store, url }: Shelf, { params: { version } }: Call, name: string): Reply {
  const found = store.get(name, version);
  if (!found) return notFound(name, version);
  if (!found.enabled)
    return vaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
  return ok({ value: found.value, ...item(idOf(url, name, found.version), found) });
}

function list({ store, url }: Shelf, call: Call): Reply {
  const items = store.list().map(({ name, latest }) => item(idOf(url, name), latest));
  return pageOf(call, items);
}

function versions({ store, url }: Shelf, call: Call, name: string): Reply {
  const items = store.versions(name).map((one) => item(idOf(url, name, one.version), one));
  return pageOf(call, items);
}

function change({ store, url }: Shelf, call: Call, name: string): Reply {
  const asked = parseChange(call.body);
  if (typeof asked === "string") return badParameter(asked);
  const { version = "" } = call.params;
  const changed = store.change(name, version, asked);
  return changed ? ok(item(idOf(url, name, changed.version), changed)) : notFound(name, version);
}

function remove(shelf: Shelf, call: Call, name: string): Reply {
  return shelf.store.delete(name) ? deleted(shelf, call, name) : notFound(name);
}

function deleted({ store, url }: Shelf, _call: Call, name: string): Reply {
  const found = store.deleted(name);
  const latest = found?.versions.at(-1);
  if (!found || !latest) return notFound(name);
  const { deletedDate } = found;
  return ok({
    recoveryId: `${url}/deletedsecrets/${name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + retentionInDays * 86_400,
    ...item(idOf(url, name, latest.version), latest),
  });
}

function purge({ store }: Shelf, _call: Call, name: string): Reply {
  return store.purge(name) ? { status: 204 } : notFound(name);
}

function recover({ store, url }: Shelf, _call: Call, name: string): Reply {
  const back = store.recover(name);
  return back ? ok(item(idOf(url, name, back.version), back)) : notFound(name);
}

function idOf(url: string, name: string, version?: string): string {
  return `${url}/secrets/${name}${version ? `/${version}` : ""}`;
}

function ok(body: object): Reply {
  return { status: 200, body };
}

const largestPage = 25;

/** `maxresults` items and where the next ones are, as an opaque number in `$skiptoken`. */
function pageOf(call: Call, items: readonly object[]): Reply {
  const size = Number(call.query("maxresults") ?? largestPage);
  if (!Number.isInteger(size) || size < 1 || size > largestPage)
    return badParameter(`The maxresults parameter has to be between 1 and ${largestPage}.`);
  const from = Number(call.query("$skiptoken") ?? 0);
  const next = new URL(call.url);
  next.searchParams.set("$skiptoken", String(from + size));
  return ok({ value: items.slice(from, from + size), nextLink: from + size < items.length ? next.href : null });
}
