import type { Evidence } from "./evidence.ts";
import { linksOf, oursIn } from "./ours.ts";
import { lastPart, same } from "./names.ts";
import { plain } from "./plain.ts";

export interface Leftover {
  readonly kind: "application" | "password" | "vaultVersion" | "roleAssignment" | "claim" | "instance";
  readonly id: string;
}

/** What is there of ours at the end and serves no ready link: to be taken up by a repeat, or by nobody. */
export function leftoversIn(evidence: Evidence): readonly Leftover[] {
  const { applications, versions, roleAssignments } = oursIn(evidence.dump);
  const ready = linksOf(evidence).filter(({ status }) => status === "ready");
  const serves = (appId: string): boolean => ready.some(({ pullIdentity }) => same(pullIdentity?.appId ?? "", appId));
  const idle = applications.filter(({ appId }) => !serves(appId));
  const idleIds = new Set(idle.map(({ appId }) => appId));
  const grants = new Set(ready.map(({ grant }) => grant?.assignmentId.toLowerCase()));
  const idlePrincipals = new Set(
    evidence.dump.entra.tenants
      .flatMap(({ servicePrincipals }) => servicePrincipals)
      .filter(({ appId }) => idleIds.has(appId))
      .map(({ id }) => id),
  );
  const passwords = idle.flatMap(({ uniqueName, passwordCredentials }) => passwordCredentials.map(() => uniqueName));
  const idleVersions = versions.filter(({ enabled, tags }) => enabled && !serves(tags["appId"] ?? ""));
  return [
    ...idle.map(({ uniqueName = "" }): Leftover => ({ kind: "application", id: uniqueName })),
    ...passwords.map((uniqueName = ""): Leftover => ({ kind: "password", id: uniqueName })),
    ...idleVersions.map(({ name }): Leftover => ({ kind: "vaultVersion", id: name })),
    ...roleAssignments
      .filter(({ id, principalId }) => idlePrincipals.has(principalId) && !grants.has(id.toLowerCase()))
      .map(({ id }): Leftover => ({ kind: "roleAssignment", id: lastPart(id) })),
    ...evidence.claims.map((id): Leftover => ({ kind: "claim", id: plain(id, evidence.dump) })),
    ...evidence.instances.map((id): Leftover => ({ kind: "instance", id })),
  ];
}
