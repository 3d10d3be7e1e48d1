import { randomUUID } from "node:crypto";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { InputError } from "../domain/errors.ts";
import { clusterKeyOf, linkIdOf, names } from "../domain/ids.ts";
import { stillHeld, type Link, type LinkRequest, type OnboardInput } from "../domain/link.ts";
import type { Plan } from "../domain/preflight.ts";
import { instancesOf, type Instances } from "../durable/register.ts";
import { onboardLink } from "../orchestrators/onboardLink.ts";
import { json, readJson, refusal, type Handler } from "./http.ts";
import { currentView, viewAt } from "./linkView.ts";
import { preflight } from "./plan.ts";

type Connected = { readonly world: World; readonly config: Config };

/** POST /api/links. The same request again finds the same link: ready 200, running 202, ended badly starts again. */
export function createLink(connect: () => Promise<Connected>): Handler {
  return async (request, context) => {
    const { parseLinkRequest } = await import("./linkRequest.ts");
    const wanted = parseLinkRequest(await readJson(request));
    const { world, config } = await connect();
    if (request.query.get("dryRun") === "true") return json(200, await preflight(wanted, world));

    const instances = instancesOf(context);
    const id = linkIdOf(wanted.cluster, wanted.registry);
    const standing = (await world.links.read(id))?.value;
    const found = standing && (await answerWith(standing, wanted, instances));
    if (found) return found;

    await refuseIfBusy(wanted, standing, world);
    const startedAt = world.now().toISOString();
    const plan = await preflight(wanted, world);
    if (plan.problem) return refusal(plan.problem);
    const link = await putLink(id, wanted, standing, world);
    if (link)
      await instances.start(onboardLink, names.onboarding(link.id), onboardInput(link, plan, startedAt, world, config));
    // Somebody else was faster: theirs is the link.
    const current = link ?? (await world.links.read(id))?.value;
    if (!current) throw new Error("the link vanished while it was being made");
    return accepted(current, instances);
  };
}

/** The answer for a link that stands; undefined when it has to be started (again). */
async function answerWith(link: Link, wanted: LinkRequest, instances: Instances) {
  const state = link.status === "onboarding" ? await instances.state(names.onboarding(link.id)) : undefined;
  // Written, but the start was never heard of: the process died in between. Start it.
  if (link.status === "onboarding" && !state) return undefined;
  const view = viewAt(link, state);
  if (view.status !== "ready" && view.status !== "onboarding") return undefined;
  const differing = (["clusterTenantId", "registryTenantId", "repositories", "image"] as const).filter(
    (field) => JSON.stringify(link[field]) !== JSON.stringify(wanted[field]),
  );
  if (differing.length > 0)
    throw new InputError("CP-LINK-CHANGED", `link ${link.id} is ${view.status} with another ${differing.join(", ")}`);
  return json(view.status === "ready" ? 200 : 202, view, location(link.id));
}

async function accepted(link: Link, instances: Instances) {
  return json(202, await currentView(link, instances), { ...location(link.id), "retry-after": "5" });
}

function location(id: string): Record<string, string> {
  return { location: `/api/links/${id}` };
}

async function refuseIfBusy({ cluster }: LinkRequest, standing: Link | undefined, world: World): Promise<void> {
  const holder = (await world.identities.read(clusterKeyOf(cluster)))?.value.holder;
  if (!holder || holder.linkId === standing?.id) return;
  if (stillHeld(holder, (await world.links.read(holder.linkId))?.value, world.now())) {
    const { operationId, linkId, since } = holder;
    throw new InputError(
      "CP-CLUSTER-BUSY",
      `operation ${operationId} of link ${linkId} has held the cluster since ${since}`,
    );
  }
}

/** Intent first: the row stands before anything is made outside. undefined when another request wrote it first. */
async function putLink(
  id: string,
  wanted: LinkRequest,
  standing: Link | undefined,
  { links, now }: World,
): Promise<Link | undefined> {
  const at = now().toISOString();
  const link: Link = {
    ...wanted,
    id,
    clusterKey: clusterKeyOf(wanted.cluster),
    route: "servicePrincipal",
    status: "onboarding",
    operationId: `${id}-${randomUUID().slice(0, 8)}`,
    createdAt: standing?.createdAt ?? at,
    updatedAt: at,
    appId: standing?.appId ?? null,
    consent: null,
    grant: standing?.grant ?? null,
    proof: null,
    problem: null,
    steps: [],
  };
  if (!standing) return (await links.insert(id, link)) ? link : undefined;
  const row = await links.read(id);
  if (!row || row.value.operationId !== standing.operationId) return undefined;
  return (await links.replace(id, link, row.etag)) ? link : undefined;
}

function onboardInput(
  link: Link,
  plan: Plan,
  startedAt: string,
  { now }: World,
  { waits, maintenanceWindow }: Config,
): OnboardInput {
  const { cluster, registry, clusterTenantId, registryTenantId, repositories, image } = link;
  const warnings = plan.checks.filter(({ verdict }) => verdict === "warn").map(({ detail }) => detail);
  const summary = [`${plan.checks.length} checks`, ...warnings].join("; ");
  return {
    operationId: link.operationId,
    linkId: link.id,
    clusterKey: link.clusterKey,
    request: { cluster, registry, clusterTenantId, registryTenantId, repositories, image },
    preflight: { startedAt, finishedAt: now().toISOString(), summary },
    waits,
    maintenanceWindow,
  };
}
