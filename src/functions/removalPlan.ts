import { useOf } from "../activities/identityUse.ts";
import { sharesTenant } from "../activities/recordRemoval.ts";
import type { World } from "../activities/world.ts";
import { names } from "../domain/ids.ts";
import type { Link } from "../domain/link.ts";
import { clusterOf } from "../domain/onboarding.ts";
import { leftOf, type FormerGrant, type IdentityEnd } from "../domain/removal.ts";
import type { Shown } from "./linkView.ts";

type Change = {
  readonly action: "remove" | "keep" | "none";
  readonly what: "onboarding" | "role assignment" | "pull identity" | "vault secret";
  readonly name: string | null;
  readonly why: string;
};

/** What a removal would do, read now; nothing is changed. */
export async function removalPlan({ link, standing }: Shown, world: World) {
  const { id, cluster, registry, registryTenantId, grant: given } = link;
  const row = (await world.identities.read(link.clusterKey))?.value;
  const use = row && (await useOf(row, id, clusterOf(link), world));
  const identity: IdentityEnd = use ? { outcome: "kept", ...use } : { outcome: "removed", vault: null };
  const appId = row?.appId ?? null;
  const grant: FormerGrant | null = given && { assignmentId: given.assignmentId, ours: given.ours };
  const isTenantShared = await sharesTenant(link, world);
  const isRunning = standing?.life === "alive" && standing.operation.kind === "onboarding";
  return {
    link: id,
    cluster,
    registry,
    changes: [
      ...(isRunning ? [onboardingChange(standing.operation)] : []),
      grantChange(link),
      ...identityChanges(link, appId, identity),
    ],
    waits: isRevoked(link) ? waits : [],
    left: leftOf({ linkId: id, cluster, registryTenantId, appId, grant, identity, isTenantShared }),
  };
}

const waits = [
  "the registry has to refuse what the role allowed: minutes, rarely hours",
  "tokens that the registry gave out before live on for up to three hours",
];

function isRevoked(link: Link): boolean {
  return grantChange(link).action === "remove";
}

function onboardingChange({ id, cancel }: NonNullable<Shown["standing"]>["operation"]): Change {
  return cancel === "closed"
    ? { action: "keep", what: "onboarding", name: id, why: "it changes the cluster, and is waited for" }
    : { action: "remove", what: "onboarding", name: id, why: "it is cancelled first" };
}

function grantChange({ grant, grantsIntended: [intended] }: Link): Change {
  if (grant && !grant.ours)
    return { action: "keep", what: "role assignment", name: grant.assignmentId, why: "it was there before Crosspull" };
  const name = grant?.assignmentId ?? intended ?? null;
  return name === null
    ? { action: "none", what: "role assignment", name, why: "there is none" }
    : { action: "remove", what: "role assignment", name, why: "the link gave it" };
}

function identityChanges({ clusterKey }: Link, appId: string | null, identity: IdentityEnd): readonly Change[] {
  const secret = names.vaultSecret(clusterKey);
  const [action, why]: [Change["action"], string] =
    appId === null
      ? ["none", "there is none"]
      : identity.outcome === "kept"
        ? ["keep", identity.detail]
        : ["remove", "no other link lives on it, and the cluster does not use it"];
  return [
    { action, what: "pull identity", name: appId, why },
    { action, what: "vault secret", name: secret, why },
  ];
}
