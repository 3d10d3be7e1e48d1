import type { Application, Password, ServicePrincipal } from "../entra/state.ts";
import type { Kind } from "../consistency/kinds.ts";
import type { Principal } from "../kit/contract.ts";
import type { GraphNeeds } from "./needs.ts";

/** The caller's tenant as the replicas show it to that caller: who made a thing finds it by its object id at once. */
export interface View {
  applicationById(objectId: string): Application | undefined;
  applicationByAppId(appId: string): Application | undefined;
  applicationByUniqueName(uniqueName: string): Application | undefined;
  /** Does a list show it? `byAppId`: one that a filter narrows to one appId. */
  lists(made: Application | ServicePrincipal, byAppId: boolean): boolean;
  principalById(objectId: string): ServicePrincipal | undefined;
  principalByAppId(appId: string): ServicePrincipal | undefined;
  /** With the passwords this replica lists, and the settings it knows. `byId`: asked by object id. */
  readout(application: Application, byId: boolean): Application;
}

type Made = Application | ServicePrincipal;

export function viewOf({ tenants, replicas }: GraphNeeds, { tenantId, objectId: caller }: Principal): View {
  const know = (kind: Kind, key: string, since: number): boolean => replicas.know(kind, key, since, caller);
  const knows = (kind: Kind, { id, createdDateTime }: Made): boolean => know(kind, id, Date.parse(createdDateTime));
  const isOwn = ({ createdBy }: Made): boolean => createdBy === caller;
  const byId = <Object extends Made>(kind: Kind, found: Object | undefined): Object | undefined =>
    found?.tenantId === tenantId && (isOwn(found) || knows(kind, found)) ? found : undefined;
  const byAppId = <Object extends Made>(kind: Kind, found: Object | undefined): Object | undefined =>
    found?.tenantId === tenantId && knows(isOwn(found) ? "ownLookUp" : kind, found) ? found : undefined;
  const passwords = ({ passwords: added, removedPasswords: removed = [] }: Application): readonly Password[] => [
    ...added.filter(({ keyId, madeAt }) => know("passwordList", keyId, madeAt)),
    ...removed
      .filter(({ password, removedAt }) => !know("passwordList", `removed ${password.keyId}`, removedAt))
      .map(({ password }) => password),
  ];
  return {
    applicationById: (objectId) => byId("application", tenants.applicationById(objectId)),
    applicationByAppId: (appId) => byAppId("application", tenants.applicationByAppId(appId)),
    applicationByUniqueName: (uniqueName) => {
      const found = tenants.applications().find((one) => one.uniqueName === uniqueName && one.tenantId === tenantId);
      return found && knows("lookUp", found) ? found : undefined;
    },
    lists: (made, narrow) => {
      if (!narrow) return knows("lookUp", made);
      return byAppId("kind" in made ? "servicePrincipal" : "application", made) !== undefined;
    },
    principalById: (objectId) => byId("servicePrincipal", tenants.principalById(objectId)),
    principalByAppId: (appId) => byAppId("servicePrincipal", tenants.principalByAppId(tenantId, appId)),
    readout: (application, askedById) => {
      const { changed } = application;
      const isCurrent = !changed || (askedById && changed.by === caller) || know("change", application.id, changed.at);
      return { ...application, ...(!isCurrent && changed.before), passwords: passwords(application) };
    },
  };
}
