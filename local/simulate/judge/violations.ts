import { endingOf } from "./endings.ts";
import type { ClusterDump } from "./dump.ts";
import type { AskedLink, Evidence, Pull } from "./evidence.ts";
import { lastPart, same } from "./names.ts";
import { linksOf, namesApplication, oursIn, type Ours } from "./ours.ts";
import { nodesAreKeptOut, standingRefusal } from "./standing.ts";

export type ViolationKind =
  "failed-without-cause" | "cannot-pull" | "extra-secret" | "unowned" | "false-ready" | YearViolationKind;

/** Of the simulated year. */
export type YearViolationKind =
  "refused-pull" | "expired" | "no-credential" | "not-rotated" | "third-password" | "outside-window";

export interface Violation {
  readonly kind: ViolationKind;
  /** Its name; null where it is not about one link. */
  readonly link: string | null;
  readonly cluster: string | null;
  readonly at: string;
  readonly detail: string;
}

export function violationsIn(evidence: Evidence): readonly Violation[] {
  const ours = oursIn(evidence.dump);
  return [
    ...failedWithoutCause(evidence),
    ...cannotPull(evidence),
    ...extraSecrets(evidence, ours),
    ...unowned(evidence, ours),
    ...falselyReady(evidence, ours),
  ];
}

/** At the end nothing that stands refuses it, no person ended it and no deadline passed. */
function failedWithoutCause(evidence: Evidence): readonly Violation[] {
  return evidence.asked.flatMap((asked): Violation[] => {
    const ending = endingOf(asked, evidence);
    if (ending.kind !== "failed" || standingRefusal(asked, evidence) !== undefined) return [];
    const detail = `${ending.step}: ${ending.code}: ${ending.detail}`;
    return [
      { kind: "failed-without-cause", link: asked.name, cluster: lastPart(asked.cluster), at: ending.at, detail },
    ];
  });
}

/** A link that says ready while its last operation says that it is not over. */
function notOver(asked: AskedLink, { operations }: Evidence): string | undefined {
  const operation = asked.link && operations.get(asked.link.operation.id);
  const isOver = operation === undefined || !["running", "waiting"].includes(operation.state);
  return isOver ? undefined : `its operation is ${operation.state}`;
}

/** A cluster that could pull before, its own images or the other company's, and cannot any more. */
function cannotPull({ pulls, endedAt }: Evidence): readonly Violation[] {
  return pulls.flatMap(({ cluster, image, before, after }): Violation[] => {
    if (!before.pulled || after.pulled) return [];
    const detail = `${imageName(image)}: ${refused(after)}`;
    return [{ kind: "cannot-pull", link: null, cluster: lastPart(cluster), at: endedAt, detail }];
  });
}

/** More than one enabled secret at rest, in the directory or in the vault. */
function extraSecrets({ endedAt }: Evidence, { applications, versions }: Ours): readonly Violation[] {
  const inDirectory = applications.map(({ uniqueName = "", passwordCredentials }) => ({
    name: uniqueName,
    count: passwordCredentials.filter(({ endDateTime }) => endDateTime > endedAt).length,
    what: "passwords",
  }));
  const byName = Map.groupBy(
    versions.filter(({ enabled }) => enabled),
    ({ name }) => name,
  );
  const inVault = [...byName].map(([name, all]) => ({ name, count: all.length, what: "enabled versions" }));
  return [...inDirectory, ...inVault]
    .filter(({ count }) => count > 1)
    .map(({ name, count, what }) => ({
      kind: "extra-secret",
      link: null,
      cluster: null,
      at: endedAt,
      detail: `${name} has ${count} ${what}`,
    }));
}

/** Anything of the app's that none of its rows names. */
function unowned(evidence: Evidence, { applications, versions, roleAssignments }: Ours): readonly Violation[] {
  const links = linksOf(evidence);
  const orphan = (detail: string): Violation => ({
    kind: "unowned",
    link: null,
    cluster: null,
    at: evidence.endedAt,
    detail,
  });
  const owned = applications.filter(({ appId }) => namesApplication(links, appId));
  const keyIds = new Set(owned.flatMap(({ passwordCredentials }) => passwordCredentials.map(({ keyId }) => keyId)));
  const grants = new Set(links.flatMap(({ grant }) => (grant ? [grant.assignmentId.toLowerCase()] : [])));
  const registries = new Set(evidence.dump.arm.registries.map(({ id }) => id.toLowerCase()));
  const homes = new Map(evidence.dump.arm.registries.map(({ id, tenantId }) => [id.toLowerCase(), tenantId]));
  const clusterTenants = new Set(evidence.dump.arm.clusters.map(({ tenantId }) => tenantId));
  return [
    ...applications
      .filter((one) => !owned.includes(one))
      .map(({ uniqueName = "" }) => orphan(`the application ${uniqueName}`)),
    ...versions
      .filter(({ enabled, tags }) => enabled && !keyIds.has(tags["keyId"] ?? ""))
      .map(({ name }) => orphan(`an enabled version of the secret ${name}, of no password that is there`)),
    ...roleAssignments
      .filter(({ scope }) => registries.has(scope.toLowerCase()))
      .filter(({ scope }) => !clusterTenants.has(homes.get(scope.toLowerCase()) ?? ""))
      .filter(({ id }) => !grants.has(id.toLowerCase()))
      .map(({ roleName, scope }) => orphan(`the role ${roleName} at ${lastPart(scope)}`)),
  ];
}

/** Nodes that hold another secret than the row says, or cannot pull what the link promises. */
function falselyReady(evidence: Evidence, ours: Ours): readonly Violation[] {
  return evidence.asked.flatMap((asked): Violation[] => {
    if (asked.link?.status !== "ready") return [];
    const cluster = evidence.dump.arm.clusters.find(({ id }) => same(id, asked.cluster));
    const reason = notOver(asked, evidence) ?? heldWrongly(asked, cluster, ours) ?? notPulled(asked, evidence);
    if (reason === undefined) return [];
    const { name: link } = asked;
    return [{ kind: "false-ready", link, cluster: lastPart(asked.cluster), at: evidence.endedAt, detail: reason }];
  });
}

function heldWrongly({ link }: AskedLink, cluster: ClusterDump | undefined, ours: Ours): string | undefined {
  const appId = link?.pullIdentity?.appId ?? "";
  const good = new Set(
    ours.versions
      .filter(({ enabled, tags }) => enabled && same(tags["appId"] ?? "", appId))
      .map(({ secretFingerprint }) => secretFingerprint),
  );
  for (const { name, clientId, secretFingerprint } of cluster?.nodes ?? []) {
    if (!same(clientId, appId)) return `the node ${name} holds another application's credential`;
    if (!good.has(secretFingerprint)) return `the node ${name} holds another secret than the one in the vault`;
  }
  return undefined;
}

function notPulled(asked: AskedLink, { promised, dump }: Evidence): string | undefined {
  const pull = promised.get(asked.name);
  if (!pull) return "nobody could try the pull that the link promises";
  if (pull.pulled || (isOfTheNetwork(pull) && nodesAreKeptOut(asked, { dump }))) return undefined;
  return refused(pull);
}

/** Refused by address, or before the data: no credential would change that. */
function isOfTheNetwork({ stage, status }: Extract<Pull, { pulled: false }>): boolean {
  return stage === "blob" || stage === "network" || status === 403;
}

function refused(pull: Pull): string {
  return pull.pulled ? "pulled" : `${pull.node} at ${pull.stage}: ${pull.status} ${pull.message}`;
}

function imageName(image: string): string {
  return image.slice(image.indexOf("/") + 1);
}
