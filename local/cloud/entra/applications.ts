import { bin, removePrincipal } from "./deleted.ts";
import { principalKey, type Held, type HeldNeeds } from "./held.ts";
import type { Application, ApplicationSettings } from "./state.ts";

export interface Applications {
  applications(): readonly Application[];
  applicationByAppId(appId: string): Application | undefined;
  applicationById(objectId: string): Application | undefined;
  addApplication(application: Application): void;
  /** Keeps for slow replicas what it was like before. `by`: object id of the caller. */
  changeApplication(application: Application, change: Partial<ApplicationSettings>, by: string): void;
  /** Takes its home service principal with it; those in other tenants stay, and cannot sign in any more. */
  removeApplication(application: Application): void;
}

export function applicationsOf(held: Held, needs: HeldNeeds): Applications {
  return {
    applications: () => [...held.state.applications.values()],
    applicationByAppId: (appId) => held.index.applications.get(appId.toLowerCase()),
    applicationById: (objectId) => held.state.applications.get(objectId.toLowerCase()),
    addApplication: (application) => {
      held.state.applications.set(application.id, application);
      held.index.applications.set(application.appId, application);
    },
    changeApplication: (application, change, by) => {
      application.changed = { at: needs.clock.now(), by, before: settingsOf(application) };
      Object.assign(application, change);
    },
    removeApplication: (application) => {
      held.state.applications.delete(application.id);
      held.index.applications.delete(application.appId);
      const home = held.index.principals.get(principalKey(application.tenantId, application.appId));
      if (home) removePrincipal(held, needs, home);
      bin(held, needs, { kind: "application", object: application });
    },
  };
}

function settingsOf(application: Application): ApplicationSettings {
  const { displayName, uniqueName, signInAudience, identifierUris, redirectUris, tags, other } = application;
  const { requestedAccessTokenVersion, requiredResourceAccess } = application;
  return {
    displayName,
    ...(uniqueName !== undefined && { uniqueName }),
    signInAudience,
    identifierUris,
    redirectUris,
    tags,
    requestedAccessTokenVersion,
    requiredResourceAccess,
    other,
  };
}
