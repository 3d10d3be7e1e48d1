import type { Call, Reply, Route } from "../kit/contract.ts";
import { item, parseChange, parseSet, retentionInDays } from "./bodies.ts";
import { badParameter, deletedButRecoverable, notFound, vaultError } from "./errors.ts";
import type { SecretStore } from "./store.ts";

/** A route with the data action Azure RBAC must allow. */
export interface GuardedRoute extends Route {
  readonly action: string;
}

const action = (verb: string): string => `Microsoft.KeyVault/vaults/secrets/${verb}`;

/** Names and operations of Key Vault's secrets API. `url`: the vault's address, with which every id begins. */
export function secretRoutes(store: SecretStore, url: string): GuardedRoute[] {
  const nameOf = ({ params }: Call): string => params["name"] ?? "";
  const idOf = (name: string, version?: string): string => `${url}/secrets/${name}${version ? `/${version}` : ""}`;
  const binIdOf = (name: string): string => `${url}/deletedsecrets/${name}`;
  const ok = (body: object): Reply => ({ status: 200, body });

  const get = (call: Call): Reply => {
    const { version } = call.params;
    const found = store.get(nameOf(call), version);
    if (!found) return notFound(nameOf(call), version);
    if (!found.enabled)
      return vaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
    return ok({ value: found.value, ...item(idOf(nameOf(call), found.version), found) });
  };
  const deletedBundle = (name: string, deletedDate: number, latest: object): Reply =>
    ok({
      recoveryId: binIdOf(name),
      deletedDate,
      scheduledPurgeDate: deletedDate + retentionInDays * 86_400,
      ...latest,
    });
  const shownDeleted = (name: string): Reply => {
    const deleted = store.deleted(name);
    const latest = deleted?.versions.at(-1);
    if (!deleted || !latest) return notFound(name);
    return deletedBundle(name, deleted.deletedDate, item(idOf(name, latest.version), latest));
  };

  return [
    {
      ...{ method: "PUT", path: "/secrets/:name", operation: "SetSecret", action: action("setSecret/action") },
      handle: (call) => {
        const name = nameOf(call);
        if (!/^[0-9a-zA-Z-]{1,127}$/.test(name))
          return badParameter("The request URI contains an invalid name: " + name);
        const parsed = parseSet(call.body);
        if (typeof parsed === "string") return badParameter(parsed);
        const made = store.put(name, parsed.value, parsed.properties);
        if (made === "deleted") return deletedButRecoverable(name);
        return ok({ value: made.value, ...item(idOf(name, made.version), made) });
      },
    },
    {
      ...{ method: "GET", path: "/secrets/:name", operation: "GetSecret", action: action("getSecret/action") },
      handle: get,
    },
    {
      ...{ method: "GET", path: "/secrets/:name/:version", operation: "GetSecret", action: action("getSecret/action") },
      handle: get,
    },
    {
      ...{ method: "GET", path: "/secrets", operation: "GetSecrets", action: action("readMetadata/action") },
      handle: (call) =>
        pageOf(
          call,
          store.list().map(({ name, latest }) => item(idOf(name), latest)),
        ),
    },
    {
      ...{ method: "GET", path: "/secrets/:name/versions", operation: "GetSecretVersions" },
      action: action("readMetadata/action"),
      handle: (call) =>
        pageOf(
          call,
          store.versions(nameOf(call)).map((one) => item(idOf(nameOf(call), one.version), one)),
        ),
    },
    {
      ...{
        method: "PATCH",
        path: "/secrets/:name/:version",
        operation: "UpdateSecret",
        action: action("update/action"),
      },
      handle: (call) => {
        const change = parseChange(call.body);
        if (typeof change === "string") return badParameter(change);
        const { version = "" } = call.params;
        const changed = store.change(nameOf(call), version, change);
        return changed ? ok(item(idOf(nameOf(call), changed.version), changed)) : notFound(nameOf(call), version);
      },
    },
    {
      ...{ method: "DELETE", path: "/secrets/:name", operation: "DeleteSecret", action: action("delete") },
      handle: (call) => (store.delete(nameOf(call)) ? shownDeleted(nameOf(call)) : notFound(nameOf(call))),
    },
    {
      ...{ method: "GET", path: "/deletedsecrets/:name", operation: "GetDeletedSecret" },
      action: action("readMetadata/action"),
      handle: (call) => shownDeleted(nameOf(call)),
    },
    {
      ...{
        method: "DELETE",
        path: "/deletedsecrets/:name",
        operation: "PurgeDeletedSecret",
        action: action("purge/action"),
      },
      handle: (call) => (store.purge(nameOf(call)) ? { status: 204 } : notFound(nameOf(call))),
    },
    {
      ...{ method: "POST", path: "/deletedsecrets/:name/recover", operation: "RecoverDeletedSecret" },
      action: action("recover/action"),
      handle: (call) => {
        const back = store.recover(nameOf(call));
        return back ? ok(item(idOf(nameOf(call), back.version), back)) : notFound(nameOf(call));
      },
    },
  ];
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
  return {
    status: 200,
    body: { value: items.slice(from, from + size), nextLink: from + size < items.length ? next.href : null },
  };
}
