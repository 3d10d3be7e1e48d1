import type { ProblemCode } from "../errors.ts";
import type { Known, Lock } from "../facts.ts";
import { mayAssign } from "../assigning.ts";
import { permits, pullRoleFor, type Permission } from "../roles.ts";
import { fail, pass, unknown, warn, type Rule, type There, type Verdict } from "./rule.ts";

/** Microsoft's limit for a creator without a directory role, deleted objects included. */
const mostObjects = 250;
/** An application and its service principal. */
const objectsOfOne = 2;

/** Would one pull identity more be too many for an identity without a directory role? */
export function isDirectoryFull(objectsMade: Known<number>): boolean {
  return objectsMade.outcome === "known" && objectsMade.value + objectsOfOne > mostObjects;
}

export const rightsRules: readonly Rule[] = [
  {
    id: "cluster-right",
    title: "right to update the cluster",
    toActOnly: true,
    about:
      "Fails where our identity lacks the actions that reading and resetting the cluster need. Unknown where we may not ask.",
    judge: ({ cluster, clusterPermissions }) =>
      cluster.outcome === "found"
        ? rights("CP-CLUSTER-FORBIDDEN", cluster.id, clusterPermissions, [
            "Microsoft.ContainerService/managedClusters/read",
            "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action",
          ])
        : undefined,
  },
  {
    id: "grant-right",
    title: "right to grant the pull role",
    toActOnly: true,
    about:
      "Fails where no role of our identity lets it assign the pull role on the registry, or only with a condition that lets other roles through. Unknown where Azure does not show that to us.",
    judge: ({ registry, grantConditions }) => {
      if (registry.outcome !== "found") return undefined;
      const { id, name } = pullRoleFor(registry.roleMode);
      const may = mayAssign(grantConditions, id);
      if (may.outcome === "yes") return pass(`may assign ${name}`);
      if (may.outcome === "unknown") return unknown(may.reason);
      return fail("CP-REGISTRY-FORBIDDEN", `our identity may not assign ${name} on ${registry.id}: ${may.reason}`);
    },
  },
  {
    id: "cluster-lock",
    title: "no lock on the cluster",
    toActOnly: true,
    about: "Fails under a ReadOnly lock, which refuses the update. Unknown where we may not list locks.",
    judge: ({ cluster, clusterLocks }) =>
      cluster.outcome === "found" ? unlocked(cluster.id, clusterLocks, "the update") : undefined,
  },
  {
    id: "registry-lock",
    title: "no lock on the registry",
    toActOnly: true,
    about: "Fails under a ReadOnly lock, which refuses the role assignment. Unknown where we may not list locks.",
    judge: ({ registry, registryLocks }) =>
      registry.outcome === "found" ? unlocked(registry.id, registryLocks, "the role assignment") : undefined,
  },
  {
    id: "graph-permission",
    title: "right to register the pull identity",
    toActOnly: true,
    about:
      "The permissions in our own token for Microsoft Graph in the cluster's tenant. Fails without Application.ReadWrite.OwnedBy (or All); one that was granted just now is not in the tokens issued before.",
    judge: ({ graphPermissions, request }) => {
      const tenant = `tenant ${request.clusterTenantId}`;
      if (graphPermissions.outcome === "unknown") return unknown(graphPermissions.detail);
      if (graphPermissions.outcome !== "known")
        return fail(
          graphPermissions.outcome === "noToken" ? "CP-NOT-CONSENTED" : "CP-DIRECTORY-FORBIDDEN",
          `${tenant}: ${graphPermissions.code}: ${graphPermissions.detail}`,
        );
      const held = graphPermissions.value.filter((name) => /^Application\.ReadWrite\.(OwnedBy|All)$/.test(name));
      if (held.length > 0) return pass(held.join(", "));
      return fail(
        "CP-DIRECTORY-FORBIDDEN",
        `our token for Microsoft Graph in ${tenant} has no Application.ReadWrite.OwnedBy`,
      );
    },
  },
  {
    id: "pull-identity",
    title: "pull identity is enabled",
    about:
      "The pull identity's service principal in the cluster's tenant, where there is one. Fails where somebody has disabled it: the cluster cannot sign in with it.",
    judge: ({ there, identity, request }) => {
      if (!isThere(there)) return undefined;
      const words = `the service principal of ${identity?.appId} in tenant ${request.clusterTenantId} is`;
      return there.application === "disabled"
        ? fail("CP-IDENTITY-DISABLED", `${words} disabled`)
        : pass(`${words} enabled`);
    },
  },
  {
    id: "directory-quota",
    title: "room for the pull identity in the directory",
    toActOnly: true,
    about:
      "An identity without a directory role may make 250 objects, deleted ones included; a pull identity is two. Fails where there is no room. Unknown where Graph does not count for us, or does not show whether our identity has a directory role.",
    judge: ({ objectsMade, directoryRole, there }) => {
      if (objectsMade.outcome === "unknown") return unknown(objectsMade.detail);
      const made = `${objectsMade.value} of ${mostObjects} objects made`;
      if (isThere(there) || !isDirectoryFull(objectsMade)) return pass(made);
      if (directoryRole.outcome === "unknown") return unknown(`${made}; ${directoryRole.detail}`);
      if (!directoryRole.value) return fail("CP-DIRECTORY-QUOTA", made);
      return pass(
        `${objectsMade.value} objects made; our identity has a directory role, so that no limit holds for it`,
      );
    },
  },
  {
    id: "credential-policy",
    title: "app management policy allows the secret",
    toActOnly: true,
    about:
      "The tenant's default app management policy. Fails where it forbids passwords or multitenant applications; a warning where it allows shorter lives only. Unknown where we may not read it.",
    judge: ({ credentialPolicy, secretLifetimeInDays, request }) => {
      if (credentialPolicy.outcome === "unknown") return unknown(credentialPolicy.detail);
      const { forbidsPasswords, forbidsMultitenant, longestLifetimeInDays } = credentialPolicy.value;
      const tenant = `the app management policy of tenant ${request.clusterTenantId}`;
      if (forbidsPasswords) return fail("CP-SECRET-POLICY", `${tenant} forbids passwords`);
      if (forbidsMultitenant) return fail("CP-DIRECTORY-POLICY", `${tenant} forbids multitenant applications`);
      if (longestLifetimeInDays !== null && longestLifetimeInDays < secretLifetimeInDays)
        return warn(
          `${tenant} allows secrets of ${longestLifetimeInDays} days: they live so long instead of ${secretLifetimeInDays}`,
        );
      return pass("passwords and multitenant applications are allowed");
    },
  },
  {
    id: "vault-access",
    title: "right to keep the secret",
    toActOnly: true,
    about:
      "The vault is asked for a secret that is not there, and to change it, which changes nothing. Fails where our identity may not read or write secrets, or its address is refused.",
    judge: ({ vault }) => {
      if (vault.outcome === "usable") return pass("the vault answers us");
      const code = {
        forbidden: "CP-VAULT-FORBIDDEN",
        firewall: "CP-VAULT-UNREACHABLE",
        policy: "CP-VAULT-POLICY",
      } as const;
      return fail(code[vault.outcome], `${vault.code}: ${vault.detail}`);
    },
  },
];

function isThere({ application }: There): boolean {
  return application !== "missing" && application !== "unknown";
}

function rights(
  code: ProblemCode,
  scope: string,
  held: Known<readonly Permission[]>,
  wanted: readonly string[],
): Verdict {
  if (held.outcome === "unknown") return unknown(held.detail);
  const lacking = wanted.filter((action) => !permits(held.value, action));
  if (lacking.length === 0) return pass(wanted.join(", "));
  return fail(code, `our identity lacks ${lacking.join(" and ")} on ${scope}`);
}

function unlocked(scope: string, locks: Known<readonly Lock[]>, refused: string): Verdict {
  if (locks.outcome === "unknown") return unknown(locks.detail);
  const [first] = locks.value.filter(({ level }) => level === "ReadOnly");
  if (first) return fail("CP-SCOPE-LOCKED", `the ReadOnly lock ${first.id} on ${scope} refuses ${refused}`);
  return locks.value.length === 0
    ? pass("no lock")
    : warn(`${locks.value.map(({ id }) => id).join(", ")}: nothing made there can be taken back while it is locked`);
}
