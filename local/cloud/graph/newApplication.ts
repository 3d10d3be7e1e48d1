import { nameOf } from "../entra/held.ts";
import type { Application } from "../entra/state.ts";
import type { Principal, Reply } from "../kit/contract.ts";
import type { ApplicationBody } from "./bodies.ts";
import { badRequest, duplicate } from "./errors.ts";
import type { GraphNeeds } from "./needs.ts";
import { refusedSettings } from "./settingsRules.ts";
import { quotaRefusal } from "./quota.ts";

/** Made and owned by `owner`, or why it cannot be. */
export function newApplication(body: ApplicationBody, owner: Principal, needs: GraphNeeds): Application | Reply {
  const { clock, error, ids, tenants } = needs;
  const { displayName, uniqueName } = body;
  if (!displayName)
    return badRequest(error, "A value is required for property 'displayName' of resource 'Application'.");
  if (uniqueName && isTaken(uniqueName, owner.tenantId, needs)) return duplicate(error, "uniqueName");
  const name = nameOf({ displayName, ...(uniqueName && { uniqueName }) });
  const application: Application = {
    // What Graph does when the audience is left out: personal accounts too.
    signInAudience: "AzureADandPersonalMicrosoftAccount",
    redirectUris: [],
    identifierUris: [],
    tags: [],
    requestedAccessTokenVersion: null,
    requiredResourceAccess: [],
    other: {},
    ...body,
    displayName,
    id: ids.next("application", name),
    appId: ids.next("appId", name),
    tenantId: owner.tenantId,
    createdDateTime: new Date(clock.now()).toISOString(),
    createdBy: owner.objectId,
    appRoles: [],
    owners: [owner.objectId],
    passwords: [],
    federatedCredentials: [],
  };
  const refused = refusedSettings(needs, application, body) ?? quotaRefusal(needs, owner);
  if (refused) return refused;
  tenants.addApplication(application);
  return application;
}

/** A deleted application keeps its name until it is purged. */
function isTaken(uniqueName: string, tenantId: string, { tenants, life }: GraphNeeds): boolean {
  const has = (one: Application): boolean => one.tenantId === tenantId && one.uniqueName === uniqueName;
  if (tenants.applications().some(has)) return true;
  const isKept = tenants.deletedItems().some(({ kind, object }) => kind === "application" && has(object));
  if (isKept) life.strike("softDeletedApplications");
  return isKept;
}
