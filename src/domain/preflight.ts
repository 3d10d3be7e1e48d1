import { isFresh } from "./expiry.ts";
import { problem, type Problem } from "./errors.ts";
import type { ClusterFacts, RegistryFacts } from "./facts.ts";
import { names } from "./ids.ts";
import { needsUpdate, usableSecret } from "./pullIdentity.ts";
import { letsPull, pullRoleFor, repositoryCondition, sameCondition } from "./roles.ts";
import { clusterRules } from "./rules/cluster.ts";
import { oldPrincipalRules } from "./rules/oldPrincipal.ts";
import { registryRules } from "./rules/registry.ts";
import { rightsRules } from "./rules/rights.ts";
import { windowRules } from "./rules/window.ts";
import { counted, warn, type Facts, type OldPrincipal, type Rule, type There, type Verdict } from "./rules/rule.ts";

/** In the order a person would ask. */
export const preflightRules: readonly Rule[] = [
  ...clusterRules.slice(0, 1),
  ...registryRules.slice(0, 1),
  ...clusterRules.slice(1),
  ...rightsRules,
  ...registryRules.slice(1),
  ...oldPrincipalRules,
  ...windowRules,
];

/** One thing looked at before anything is made. */
export type Check = Verdict & {
  readonly id: string;
  readonly name: string;
  /** Where it is explained. */
  readonly page: string;
};

/**
 * What an onboarding would do to one thing. `reuse` and `none` are said only of what was looked at now; `unknown` where
 * nothing shows now whether it is there: then it is made unless it is.
 */
export type Change = {
  readonly action: "create" | "reuse" | "change" | "none" | "unknown";
  readonly what: string;
  readonly name: string;
};

export type Plan = {
  readonly allowed: boolean;
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
  /** The first failed check, in words; null when allowed. */
  readonly problem: Problem | null;
};

export function planOf(facts: Facts, now: Date, rules: readonly Rule[] = preflightRules): Plan {
  const changes = changesOf(facts, now);
  const isNothingToDo = changes.length > 0 && changes.every(isNone);
  const checks = rules.flatMap(({ id, title, judge, toActOnly }): Check[] => {
    const judged = judge(facts);
    const verdict = judged && isNothingToDo && toActOnly ? unlessFailed(judged) : judged;
    return verdict ? [{ id, name: title, page: `docs/preflight.md#${id}`, ...verdict }] : [];
  });
  const failure = checks.find(({ verdict }) => verdict === "fail");
  return {
    allowed: !failure,
    checks,
    changes: failure ? [] : changes,
    problem: failure?.code ? problem(failure.code, failure.detail) : null,
  };
}

/** Is it there already, as it should be? */
export function isNone({ action }: Change): boolean {
  return action === "reuse" || action === "none";
}

/** A lock, or a right that was taken back after the work was done, is no reason to refuse where nothing is to be done. */
function unlessFailed(verdict: Verdict): Verdict {
  return verdict.verdict === "fail" ? warn(`${verdict.detail}; nothing is to be changed now`) : verdict;
}

/** What a proof cannot show, because the registry's network rules stand between; one sentence each. */
export function notProved({ content, registry }: Facts): readonly string[] {
  if (content.outcome !== "networkRefused" || registry.outcome !== "found") return [];
  return [`a pull from ${registry.loginServer}: its network rules refuse where Crosspull runs (${content.detail})`];
}

function changesOf(facts: Facts, now: Date): readonly Change[] {
  const { cluster, registry, clusterKey, identity, request, there, old } = facts;
  if (cluster.outcome !== "found" || registry.outcome !== "found") return [];
  const secret = identity && usableSecret(identity, now);
  const isUsable = there.secret && secret !== undefined && isFresh(secret, now);
  const isMoved = identity !== undefined && isUsable && !needsUpdate(identity, cluster.clientId, secret.version);
  return [
    {
      action: made[there.application],
      what: "multitenant application in the cluster tenant",
      name: names.application(clusterKey),
    },
    {
      action: isUsable ? "reuse" : "create",
      what: "password and its version in Key Vault",
      name: names.vaultSecret(clusterKey),
    },
    {
      action: made[there.consent],
      what: "service principal in the registry tenant, by admin consent",
      name: request.registryTenantId,
    },
    {
      action: grantAction(registry, facts),
      what: `role ${pullRoleFor(registry.roleMode).name} on the registry`,
      name: registry.id,
    },
    copiesOf(old, cluster),
    {
      action: isMoved ? "none" : "change",
      what: `service principal of the cluster${isMoved ? "" : `; ${nodesOf(cluster)} re-imaged, one surge at a time`}`,
      name: cluster.id,
    },
  ];
}

/** Copies of an earlier run stand already. */
function copiesOf(old: OldPrincipal | null, { clientId: name }: ClusterFacts): Change {
  const [wanted, copied] = [old?.roles.copies.length ?? 0, old?.copied ?? 0];
  const isPart = copied > 0 && copied < wanted;
  const what = `copies of ${wanted} roles of the old service principal${isPart ? `, ${copied} of them made already` : ""}`;
  return { action: wanted === 0 ? "none" : copied === wanted ? "reuse" : "create", what, name };
}

const made = {
  there: "reuse",
  disabled: "reuse",
  singleTenant: "change",
  missing: "create",
  unknown: "unknown",
} as const satisfies Record<There["application"], Change["action"]>;

/** The same role for the same principal at the same place is the same grant only with the same condition. */
function grantAction({ roleMode }: RegistryFacts, { request, there, link }: Facts): Change["action"] {
  if (there.consent !== "there") return made[there.consent];
  const wanted = roleMode === "abac" ? repositoryCondition(request.repositories)?.condition : undefined;
  if (there.grants.some(({ condition }) => sameCondition(condition, wanted))) return "reuse";
  const ours = link?.grant?.ours ? link.grant.assignmentId.toLowerCase() : undefined;
  if (there.grants.some(({ id }) => id.toLowerCase() === ours)) return "change";
  // Another's may give all that is asked for.
  const named = wanted === undefined ? [] : request.repositories;
  return there.grants.some(({ condition }) => letsPull(condition, named)) ? "reuse" : "create";
}

/** Nodes of a stopped pool are not there: they get the credential when the pool is started. */
function nodesOf({ pools }: ClusterFacts): string {
  const running = pools.filter(({ powerState }) => powerState !== "Stopped");
  if (running.length === 0) return "its nodes are";
  const counts = running.map(({ nodes }) => nodes);
  const known = counts.reduce<number>((sum, nodes) => sum + (nodes ?? 0), 0);
  if (counts.includes(null)) return `${counted(known, "node")} and those of pools that Azure does not count are`;
  return known === 1 ? "1 node is" : `${known} nodes are`;
}
