import type { UpdateDump } from "./dump.ts";
import type { AskedLink, Evidence } from "./evidence.ts";
import { same } from "./names.ts";

/** Seconds. */
export interface Spread {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface Reactions {
  /** From a person's consent to the grant. */
  readonly consentToGrant: Spread;
  /** From the moment all replicas know secret, principals and grants, and the configured rest is over, to the start of the update. */
  readonly settledToUpdate: Spread;
  /** From AKS' success to ready. */
  readonly updateToReady: Spread;
}

export function reactionsIn(evidence: Evidence): Reactions {
  const ready = evidence.asked.filter(({ link }) => link?.status === "ready");
  return {
    consentToGrant: spread(ready.map((asked) => consentToGrant(asked, evidence))),
    settledToUpdate: spread(ready.map((asked) => settledToUpdate(asked, evidence))),
    updateToReady: spread(ready.map((asked) => updateToReady(asked, evidence))),
  };
}

function consentToGrant(asked: AskedLink, evidence: Evidence): number | undefined {
  const accepted = evidence.acts.find(({ link, deed }) => link === asked.name && deed.startsWith("accept"));
  const granted = grantOf(asked, evidence)?.createdOn;
  return accepted && granted ? seconds(accepted.at, granted) : undefined;
}

/** Only of the link that its cluster was updated for. */
function settledToUpdate(asked: AskedLink, evidence: Evidence): number | undefined {
  const update = updateOf(asked, evidence);
  const grant = grantOf(asked, evidence);
  if (!update || !grant) return undefined;
  const { tenants } = evidence.dump.entra;
  const appId = asked.link?.pullIdentity?.appId ?? "";
  const principals = tenants.flatMap((one) => one.servicePrincipals).filter((one) => same(one.appId, appId));
  const passwords = tenants
    .flatMap((one) => one.applications)
    .filter((one) => same(one.appId, appId))
    .flatMap((one) => one.passwordCredentials);
  const roles = evidence.dump.arm.roleAssignments.filter(({ principalId, createdOn }) =>
    principals.some(({ id }) => id === principalId && createdOn <= update.startedAt),
  );
  const rests = principals.map(({ createdDateTime }) => Date.parse(createdDateTime) + evidence.restInSeconds * 1000);
  const settled = [...principals, ...passwords, ...roles].map(({ knownAt }) => Date.parse(knownAt));
  return Math.max(0, seconds(Math.max(...settled, rests[0] ?? 0), update.startedAt));
}

function updateToReady(asked: AskedLink, evidence: Evidence): number | undefined {
  const ended = updateOf(asked, evidence)?.endedAt;
  return ended && asked.link ? seconds(ended, asked.link.updatedAt) : undefined;
}

/** The last update of the cluster before the link was ready, unless another link of the cluster was ready in between. */
function updateOf(asked: AskedLink, evidence: Evidence): UpdateDump | undefined {
  const { link, cluster } = asked;
  if (!link) return undefined;
  const update = evidence.dump.arm.clusters
    .find(({ id }) => same(id, cluster))
    ?.updates.filter(({ startedAt, endedAt = "" }) => startedAt >= link.createdAt && endedAt <= link.updatedAt)
    .at(-1);
  const isAnothers = evidence.asked.some(
    (one) =>
      one !== asked &&
      one.link?.status === "ready" &&
      same(one.cluster, cluster) &&
      one.link.updatedAt >= (update?.endedAt ?? "") &&
      one.link.updatedAt < link.updatedAt,
  );
  return update?.endedAt === undefined || isAnothers ? undefined : update;
}

function grantOf(
  { link }: AskedLink,
  { dump }: Evidence,
): Evidence["dump"]["arm"]["roleAssignments"][number] | undefined {
  return dump.arm.roleAssignments.find(({ id }) => link?.grant && same(id, link.grant.assignmentId));
}

function seconds(from: string | number, to: string | number): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}

function spread(given: readonly (number | undefined)[]): Spread {
  const values = given.filter((value) => value !== undefined).sort((one, other) => one - other);
  const at = (share: number): number | null => {
    const value = values[Math.min(values.length - 1, Math.floor(share * values.length))];
    return value === undefined ? null : Math.round(value * 10) / 10;
  };
  return { p50: at(0.5), p95: at(0.95) };
}
