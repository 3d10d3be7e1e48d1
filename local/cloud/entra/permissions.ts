import type { Application, ServicePrincipal } from "./state.ts";

export const graphAppId = "00000003-0000-0000-c000-000000000000";

export interface Permission {
  readonly id: string;
  readonly type: "Scope" | "Role";
  readonly value: string;
  readonly words: string;
}

/** The Graph permissions this cloud knows, with the ids Microsoft publishes and the consent page's words. */
export const graphPermissions: readonly Permission[] = [
  {
    id: "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    type: "Scope",
    value: "User.Read",
    words: "Sign in and read user profile",
  },
  { id: "37f7f235-527c-4136-accd-4a02d197296e", type: "Scope", value: "openid", words: "Sign users in" },
  { id: "14dad69e-099b-42c9-810b-d002981feec1", type: "Scope", value: "profile", words: "View users' basic profile" },
  {
    id: "18a4783c-866b-4cc7-a460-3d5e5662c884",
    type: "Role",
    value: "Application.ReadWrite.OwnedBy",
    words: "Manage apps that this app creates or owns",
  },
  {
    id: "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    type: "Role",
    value: "Application.ReadWrite.All",
    words: "Read and write all applications",
  },
  { id: "246dd0d5-5bd0-4def-940b-0421030a5b68", type: "Role", value: "Policy.Read.All", words: "Read all policies" },
  {
    id: "be74164b-cff1-491c-8741-e671cb536e13",
    type: "Role",
    value: "Policy.ReadWrite.ApplicationConfiguration",
    words: "Read and write your organization's application configuration policies",
  },
  {
    id: "62a82d76-70ea-41e2-9197-370581804d09",
    type: "Role",
    value: "Group.ReadWrite.All",
    words: "Read and write all groups",
  },
  {
    id: "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    type: "Role",
    value: "Directory.Read.All",
    words: "Read directory data",
  },
  {
    id: "06da0dbc-49e2-44d2-8312-53f166ab848a",
    type: "Scope",
    value: "Directory.Read.All",
    words: "Read directory data",
  },
];

export function graphPermission(id: string): Permission | undefined {
  return graphPermissions.find((one) => one.id === id.toLowerCase());
}

/** The permissions an application asks for, of those this cloud knows. */
export function declaredPermissions({ requiredResourceAccess }: Pick<Application, "requiredResourceAccess">): {
  readonly scopes: readonly string[];
  readonly roles: ServicePrincipal["appRoles"];
  /** As the consent page words them. */
  readonly words: readonly string[];
} {
  const asked = requiredResourceAccess
    .filter(({ resourceAppId }) => resourceAppId === graphAppId)
    .flatMap(({ resourceAccess }) => resourceAccess)
    .flatMap(({ id }) => graphPermission(id) ?? []);
  return {
    scopes: asked.filter(({ type }) => type === "Scope").map(({ value }) => value),
    roles: asked.filter(({ type }) => type === "Role").map(({ value }) => ({ resourceAppId: graphAppId, value })),
    words: asked.map(({ words }) => words),
  };
}
