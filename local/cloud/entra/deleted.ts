import { principalKey, same, type Held, type HeldNeeds } from "./held.ts";
import type { Application, Deleted, ServicePrincipal } from "./state.ts";

export type DeletedOf<Kind extends Deleted["kind"]> = Extract<Deleted, { kind: Kind }>;

export interface DeletedObjects {
  /** Those that can be restored, for thirty days. */
  deletedItems(): readonly Deleted[];
  deletedItem(objectId: string): Deleted | undefined;
  /** Also what is beyond restoring: slow replicas know it for a while. The last one, where there were several. */
  lastDeletedApplication(appId: string): DeletedOf<"application"> | undefined;
  lastDeletedPrincipal(tenantId: string, appId: string): DeletedOf<"servicePrincipal"> | undefined;
  /** With an application its home service principal, if that was deleted too. */
  restore(deleted: Deleted): void;
  /** For ever. */
  purge(deleted: Deleted): void;
}

const keptForInMs = 30 * 24 * 60 * 60_000;

export function deletedObjectsOf(held: Held, { clock }: HeldNeeds): DeletedObjects {
  const all = (): readonly Deleted[] => [...held.state.deleted.values()];
  const isThere = ({ isKept, deletedAt }: Deleted): boolean => isKept && clock.now() < deletedAt + keptForInMs;
  const putBack = (deleted: Deleted): void => {
    held.state.deleted.delete(deleted.object.id);
    if (deleted.kind === "application") {
      held.state.applications.set(deleted.object.id, deleted.object);
      held.index.applications.set(deleted.object.appId, deleted.object);
    } else {
      held.state.servicePrincipals.set(deleted.object.id, deleted.object);
      held.index.principals.set(principalKey(deleted.object.tenantId, deleted.object.appId), deleted.object);
    }
  };
  return {
    deletedItems: () => all().filter(isThere),
    deletedItem: (objectId) => {
      const found = held.state.deleted.get(objectId.toLowerCase());
      return found && isThere(found) ? found : undefined;
    },
    lastDeletedApplication: (appId) =>
      all()
        .filter(isApplication)
        .findLast(({ object }) => same(object.appId, appId)),
    lastDeletedPrincipal: (tenantId, appId) =>
      all()
        .filter(isPrincipal)
        .findLast(({ object }) => object.tenantId === tenantId && same(object.appId, appId)),
    restore: (deleted) => {
      putBack(deleted);
      if (deleted.kind === "servicePrincipal") return;
      const { tenantId, appId } = deleted.object;
      const home = all()
        .filter(isPrincipal)
        .findLast(({ object }) => object.tenantId === tenantId && object.appId === appId);
      if (home && isThere(home) && !held.index.principals.has(principalKey(tenantId, appId))) putBack(home);
    },
    purge: (deleted) => {
      deleted.isKept = false;
    },
  };
}

function isApplication(deleted: Deleted): deleted is DeletedOf<"application"> {
  return deleted.kind === "application";
}

function isPrincipal(deleted: Deleted): deleted is DeletedOf<"servicePrincipal"> {
  return deleted.kind === "servicePrincipal";
}

type Removed =
  | { readonly kind: "application"; readonly object: Application }
  | { readonly kind: "servicePrincipal"; readonly object: ServicePrincipal };

/** Puts what was removed where slow replicas, and on a harsh cloud the deleted items, find it. */
export function bin({ state }: Held, { clock, life }: HeldNeeds, removed: Removed): void {
  const isKept = life.on("softDeletedApplications");
  if (isKept) life.strike("softDeletedApplications");
  state.deleted.delete(removed.object.id);
  state.deleted.set(removed.object.id, { ...removed, isKept, deletedAt: clock.now() });
}

export function removePrincipal(held: Held, needs: HeldNeeds, principal: ServicePrincipal): void {
  const { id, tenantId, appId } = principal;
  held.state.servicePrincipals.delete(id);
  held.index.principals.delete(principalKey(tenantId, appId));
  held.state.grants = held.state.grants.filter((grant) => grant.tenantId !== tenantId || !same(grant.appId, appId));
  bin(held, needs, { kind: "servicePrincipal", object: principal });
}
