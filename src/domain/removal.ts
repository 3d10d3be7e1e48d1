/** What an offboarding leaves on record: evidence that the pull is over, and what other people have to do. */
import { resourceRef } from "./ids.ts";
import { after, type Instant } from "./time.ts";

/** The role assignment that let the cluster pull when its removal began; what is shown to be over is about it. */
export type FormerGrant = {
  readonly assignmentId: string;
  /** False when it was there before us; then it is not ours to remove. */
  readonly ours: boolean;
};

/** What became of the pull. */
export type PullEnd =
  /** A fresh token of the registry did not allow it, or Entra issued none, several times in a row, some time apart. */
  | {
      readonly outcome: "refused";
      readonly by: "registry" | "entra";
      readonly since: Instant;
      readonly times: number;
      readonly words: string;
    }
  /** The role is gone, and nobody could try the pull from here. */
  | { readonly outcome: "notShown"; readonly words: string }
  /** By a role that was there before us, and stays. */
  | { readonly outcome: "allowed"; readonly words: string };

/** What became of the secret in the vault. */
export type VaultEnd =
  | { readonly outcome: "purged" }
  /** All its versions are disabled. `until` is null where the vault did not say it. */
  | { readonly outcome: "recoverable"; readonly until: Instant | null; readonly detail: string };

/** What became of the pull identity, which all links of a cluster share. */
export type IdentityEnd =
  | { readonly outcome: "removed"; readonly vault: VaultEnd | null }
  | {
      readonly outcome: "kept";
      /** What needs it: the cluster, another link, an operation that holds the cluster, or whoever made a password on it. */
      readonly by: "cluster" | "link" | "operation" | "password";
      readonly detail: string;
    };

/** Something that only somebody else can do. */
export type Left = { readonly who: string; readonly what: string; readonly command: string };

export type Removal = {
  readonly provedAt: Instant;
  /** Where the pull was tried from. */
  readonly from: "crosspull";
  readonly appId: string | null;
  readonly grant: FormerGrant | null;
  /** null where the link never had a role. */
  readonly pull: PullEnd | null;
  /** Tokens that the registry gave out before are over by then; null where there were none. */
  readonly tokensUntil: Instant | null;
  readonly identity: IdentityEnd;
  readonly left: readonly Left[];
};

/** A removed link is shown for so long. */
const shownForInDays = 30;

export function isForgotten({ removal }: { readonly removal: Removal | null }, now: Date): boolean {
  return removal !== null && after(removal.provedAt, shownForInDays * 86_400) <= now;
}

/** May asking again remove more? What another link lives on goes with that link. */
export function isUnfinished({ identity }: Removal): boolean {
  return identity.outcome === "kept" && identity.by !== "link";
}

export type Ending = {
  readonly linkId: string;
  readonly cluster: string;
  readonly registryTenantId: string;
  readonly appId: string | null;
  readonly grant: FormerGrant | null;
  readonly identity: IdentityEnd;
  /** Another link of the cluster pulls from a registry of the same tenant. */
  readonly isTenantShared: boolean;
};

/** What other people have to do afterwards, each with the command. */
export function leftOf(ending: Ending): readonly Left[] {
  return [...inRegistryTenant(ending), ...onIdentity(ending)];
}

function inRegistryTenant({ registryTenantId, appId, grant, isTenantShared }: Ending): readonly Left[] {
  const who = `an administrator of tenant ${registryTenantId}`;
  const assignment: Left | null =
    grant === null || grant.ours
      ? null
      : {
          who: `who manages roles in tenant ${registryTenantId}`,
          what: "remove the role assignment that was there before Crosspull, if nothing else needs it",
          command: `az role assignment delete --ids ${grant.assignmentId}`,
        };
  const principal: Left | null =
    appId === null || isTenantShared
      ? null
      : {
          who,
          what: "delete the service principal of the pull identity there, which ends the consent",
          command: `az login --allow-no-subscriptions --tenant ${registryTenantId} && az ad sp delete --id ${appId}`,
        };
  return [assignment, principal].filter((one) => one !== null);
}

function onIdentity({ linkId, cluster, appId, identity }: Ending): readonly Left[] {
  if (identity.outcome === "removed" || identity.by === "link") return [];
  const repeat = `DELETE /api/links/${linkId}`;
  if (identity.by === "operation")
    return [{ who: "whoever asked for the removal", what: "ask again when that operation has ended", command: repeat }];
  if (identity.by === "password")
    return [
      {
        who: "whoever made those passwords on the pull identity",
        what: "move what uses them to an application of its own, and delete them",
        command: `az ad app credential delete --id ${appId} --key-id KEY_ID`,
      },
      { who: "whoever asked for the removal", what: "ask again then: the pull identity is removed", command: repeat },
    ];
  const { name, resourceGroup, subscriptionId } = resourceRef(cluster);
  const of = `--subscription ${subscriptionId} -g ${resourceGroup} -n ${name}`;
  return [
    {
      who: "who runs the cluster",
      what: "give it another credential, which re-images its nodes (or move it to a managed identity: az aks update --enable-managed-identity)",
      command: `az aks update-credentials ${of} --reset-service-principal --service-principal OTHER_APP_ID --client-secret SECRET`,
    },
    {
      who: "whoever asked for the removal",
      what: "ask again then: the pull identity is removed",
      command: repeat,
    },
  ];
}
