import { inTenant, type Needs } from "../activities/world.ts";
import type { PullAnswer } from "../azure/clients.ts";
import { TransientError } from "../domain/errors.ts";
import { lifetimeUnder } from "../domain/expiry.ts";
import type { InTenant, RegistryFacts, Unreadable } from "../domain/facts.ts";
import { notAsked } from "../domain/assigning.ts";
import { clusterKeyOf, linkIdOf } from "../domain/ids.ts";
import { anyRepository, isOfRegistry, parseImage, referenceOf } from "../domain/image.ts";
import { standardRoute, type LinkRequest } from "../domain/link.ts";
import { clusterOf, registryOf } from "../domain/onboarding.ts";
import { effectivePolicy, type PolicyDefaults } from "../domain/policy.ts";
import { notProved, planOf, type Plan } from "../domain/preflight.ts";
import type { PullIdentity } from "../domain/pullIdentity.ts";
import { isDirectoryFull } from "../domain/rules/rights.ts";
import type { Content, Facts } from "../domain/rules/rule.ts";
import { rulesOf } from "../orchestrators/routes/routes.ts";
import { lookAtOld } from "./lookAtOld.ts";
import { lookForOurs } from "./lookForOurs.ts";

type World = Needs<
  "clusters" | "registries" | "roles" | "directory" | "vault" | "entra" | "pulls" | "links" | "identities" | "now"
>;
type Connected = {
  readonly world: World;
  readonly config: PolicyDefaults;
  /** Whether to look also for what is seldom there, by calls of its own. */
  readonly asksAll?: boolean;
};
type Found = { readonly plan: Plan; readonly notProved: readonly string[]; readonly facts: Facts };

/** Step one of every onboarding, and the whole of a dry run: reads both sides at once, changes nothing. */
export async function preflight(request: LinkRequest, { world, config, asksAll = false }: Connected): Promise<Found> {
  const { clusters, registries, links, identities, directory } = world;
  const [cluster, registry] = [inTenant(clusterOf(request)), inTenant(registryOf(request))];
  const clusterKey = clusterKeyOf(request.cluster);
  const rows = Promise.all([links.read(linkIdOf(request.cluster, request.registry)), identities.read(clusterKey)]);
  const remembered = rows.then(async ([link, row]) => {
    const appId = row?.value.appId ?? null;
    const ours = appId === null ? undefined : await directory.findServicePrincipal(cluster.tenantId, appId);
    return { link: link?.value, identity: row?.value, ours };
  });
  const ofCluster = clusters.get(cluster);
  const ofRegistry = registries.get(registry);
  const [{ link, identity }, policy, there, old, content, shown] = await Promise.all([
    remembered,
    remembered.then((row) => lookAtPolicy(cluster, row.identity, { world, config })),
    remembered.then(async (ours) => lookForOurs(request, registry, await ofRegistry, ours, world)),
    remembered.then(async (ours) => lookAtOld(cluster, await ofCluster, { ...ours, asksAll }, world)),
    ofRegistry.then((facts) => lookAtContent(request, facts, world).catch(unlessTransient)),
    lookAtRights(cluster, registry, world),
  ]);
  const facts: Facts = {
    ...shown,
    ...policy,
    request,
    clusterKey,
    cluster: await ofCluster,
    registry: await ofRegistry,
    old,
    content,
    link,
    identity,
    there,
    at: world.now().toISOString(),
  };
  const rules = rulesOf(facts.link?.route ?? standardRoute);
  return { plan: planOf(facts, world.now(), rules), notProved: notProved(facts), facts };
}

/** What holds for the cluster; AKS' own schedules where there is a window to hold against them. */
async function lookAtPolicy(
  cluster: InTenant,
  identity: PullIdentity | undefined,
  { world, config }: Connected,
): Promise<Pick<Facts, "secretLifetimeInDays" | "window" | "aksSchedules">> {
  const { lifetimeInDays, window } = effectivePolicy(identity?.policy, config);
  const aksSchedules = window === null ? null : await world.clusters.schedules(cluster);
  const secretLifetimeInDays = lifetimeUnder(identity?.lifetimeCap ?? null, lifetimeInDays, world.now());
  return { secretLifetimeInDays, window, aksSchedules };
}

type Rights = Pick<
  Facts,
  | "clusterPermissions"
  | "grantConditions"
  | "clusterLocks"
  | "registryLocks"
  | "graphPermissions"
  | "objectsMade"
  | "directoryRole"
  | "credentialPolicy"
  | "vault"
>;

/** What we may do on both sides, and what forbids it: asked for at once, none needs the answer of another. */
async function lookAtRights(
  cluster: InTenant,
  registry: InTenant,
  { roles, directory, vault }: World,
): Promise<Rights> {
  const [clusterPermissions, [grantConditions = notAsked], clusterLocks, registryLocks, ...ours] = await Promise.all([
    roles.permissions(cluster.tenantId, cluster.id),
    roles.assignConditions(registry.tenantId, [registry.id]),
    roles.locks(cluster.tenantId, cluster),
    roles.locks(registry.tenantId, registry),
    directory.ourPermissions(cluster.tenantId),
    directory.objectsMade(cluster.tenantId),
    directory.credentialPolicy(cluster.tenantId),
    vault.access(),
  ]);
  const [graphPermissions, objectsMade, credentialPolicy, access] = ours;
  const directoryRole = isDirectoryFull(objectsMade) ? await directory.hasDirectoryRole(cluster.tenantId) : notAsked;
  return {
    clusterPermissions,
    grantConditions,
    clusterLocks,
    registryLocks,
    graphPermissions,
    objectsMade,
    directoryRole,
    credentialPolicy,
    vault: access,
  };
}

/** Looks at the registry's own endpoint with our identity: does it answer us, and is there what the request names? */
async function lookAtContent(
  { registryTenantId, image, repositories }: LinkRequest,
  registry: RegistryFacts | Unreadable,
  { entra, pulls }: World,
): Promise<Content> {
  if (registry.outcome !== "found") return { outcome: "unknown", detail: "the registry cannot be read" };
  const token = await entra.ourToken(registryTenantId);
  if (token.outcome === "noRegistryService")
    return { outcome: "noRegistryService", detail: `${token.code}: ${token.detail}` };
  if (token.outcome !== "issued")
    return { outcome: "unknown", detail: `our identity gets no token for registries: ${token.code}` };
  const lacking: { readonly name: string; readonly detail: string }[] = [];
  for (const { name, repository, reference } of named(image, repositories, registry.loginServer)) {
    const target = { loginServer: registry.loginServer, repository, reference, named: name !== null };
    const answer = await pulls.withEntraToken(target, token.token);
    if (answer.outcome === "pulled") continue;
    if (answer.stage === "network" && answer.curedBy === "person")
      return { outcome: "networkRefused", detail: answer.detail };
    if (name !== null && isNotGivenOut(answer)) return { outcome: "notGivenOut", name, detail: answer.detail };
    if (!answer.missing) return { outcome: "unknown", detail: `${answer.stage}: ${answer.status} ${answer.detail}` };
    if (name !== null) lacking.push({ name, detail: answer.detail });
  }
  return { outcome: "seen", lacking };
}

/** What the registry would show is worth a look, and no reason to refuse where it does not answer now. */
function unlessTransient(error: unknown): Content {
  if (!(error instanceof TransientError)) throw error;
  return { outcome: "unknown", detail: error.message };
}

type Named = { readonly name: string | null; readonly repository: string; readonly reference: string | null };

/** Asked for when nothing is named: it shows whether the registry answers us. */
const nothingNamed: Named = { name: null, repository: anyRepository, reference: null };

function named(image: string | null, repositories: readonly string[], loginServer: string): readonly Named[] {
  const parsed = image === null ? undefined : parseImage(image);
  const ofImage =
    image !== null && parsed?.outcome === "parsed" && isOfRegistry(parsed.image, loginServer)
      ? [{ name: image, repository: parsed.image.repository, reference: referenceOf(parsed.image) }]
      : [];
  const alone = repositories
    .filter((repository) => !ofImage.some((one) => one.repository === repository))
    .map((repository) => ({ name: repository, repository, reference: null }));
  const all = [...ofImage, ...alone];
  return all.length === 0 ? [nothingNamed] : all;
}

type Refusal = Extract<PullAnswer, { outcome: "refused" }>;

function isNotGivenOut(answer: Refusal): boolean {
  const isContent = answer.stage === "manifest" || answer.stage === "repository" || answer.stage === "blob";
  return isContent && answer.curedBy === "person" && !answer.missing;
}
