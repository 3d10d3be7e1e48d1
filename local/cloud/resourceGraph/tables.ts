import type { Rights } from "../rbac/authorization.ts";
import type { GraphLag } from "./lag.ts";
import type { Table } from "./query.ts";
import { authorizationRows, columns, containerRows, resourceRows, type RowSources } from "./rows.ts";
import { textOf, type Row } from "./values.ts";

export interface Sources extends RowSources {
  readonly rights: Rights;
  readonly lag: GraphLag;
}

export interface Caller {
  readonly objectId: string;
  readonly tenantId: string;
}

/** What a caller may read of the given subscriptions, by table. Rows are made when the query names their table. */
export function tablesFor(
  sources: Sources,
  caller: Caller,
  subscriptions: ReadonlySet<string>,
): Readonly<Record<string, Table>> {
  const mayRead = readerFor(sources.rights, caller.objectId);
  const isAsked = isAmong(sources, caller, subscriptions);
  const table = (rows: () => readonly Row[], belongs: (row: Row) => boolean): Table => ({
    columns,
    rows: () => sources.lag.seen(rows(), belongs).filter((row) => isAsked(row) && mayRead(row)),
  });
  const isAuthorization = (row: Row): boolean => textOf(row["type"] ?? null).startsWith("microsoft.authorization/");
  return {
    resources: table(
      () => resourceRows(sources),
      (row) => !isAuthorization(row),
    ),
    resourcecontainers: table(
      () => containerRows(sources),
      () => false,
    ),
    authorizationresources: table(() => authorizationRows(sources, caller.tenantId), isAuthorization),
  };
}

/** In one of the subscriptions, or above one of them. */
function isAmong(
  { hierarchy }: Sources,
  { tenantId }: Caller,
  subscriptions: ReadonlySet<string>,
): (row: Row) => boolean {
  return (row) => {
    const subscription = textOf(row["subscriptionId"] ?? null);
    if (subscription !== "") return subscriptions.has(subscription);
    const scope = scopeOf(row);
    return (
      row["tenantId"] === tenantId && [...subscriptions].some((id) => hierarchy.covers(scope, `/subscriptions/${id}`))
    );
  };
}

/** Of a role assignment where it holds; of anything else what it is. */
function scopeOf({ id }: Row): string {
  return textOf(id ?? null).replace(/\/providers\/Microsoft\.Authorization\/.*$/i, "") || "/";
}

/** Rights are inherited: who may read a kind in the whole subscription is not asked again for each resource. */
function readerFor(rights: Rights, objectId: string): (row: Row) => boolean {
  const known = new Map<string, boolean>();
  const may = (action: string, scope: string): boolean => {
    const key = `${action} ${scope}`.toLowerCase();
    const answer = known.get(key) ?? rights.allows(objectId, action, scope);
    known.set(key, answer);
    return answer;
  };
  return (row) => {
    const { id, type, subscriptionId, resourceGroup } = row;
    const action = `${textOf(type ?? null)}/read`;
    // Built-in roles are everybody's to read.
    if (isBuiltIn(row)) return true;
    if (subscriptionId === "") return may(action, scopeOf(row));
    const subscription = `/subscriptions/${textOf(subscriptionId ?? null)}`;
    if (may(action, subscription)) return true;
    if (resourceGroup !== "" && may(action, `${subscription}/resourceGroups/${textOf(resourceGroup ?? null)}`))
      return true;
    return rights.allows(objectId, action, textOf(id ?? null));
  };
}

function isBuiltIn({ id }: Row): boolean {
  return textOf(id ?? null).startsWith("/providers/Microsoft.Authorization/roleDefinitions/");
}

/** Deepest of all: a caller with a right on one resource alone sees the subscription through it. */
export function hasAnyAccess(tables: Readonly<Record<string, Table>>): boolean {
  return Object.values(tables).some((table) => table.rows().some((row) => !isBuiltIn(row)));
}
