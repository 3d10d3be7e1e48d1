export const graphAppId = "00000003-0000-0000-c000-000000000000";

interface Permission {
  readonly id: string;
  readonly type: "Scope" | "Role";
  readonly value: string;
  readonly words: string;
}

/** The Graph permissions this cloud knows, with the ids Microsoft publishes and the consent page's words. */
const graphPermissions: readonly Permission[] = [
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
];

export function graphPermission(id: string): Permission | undefined {
  return graphPermissions.find((one) => one.id === id.toLowerCase());
}
