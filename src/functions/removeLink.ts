import { randomUUID } from "node:crypto";
import { lost } from "../activities/claimCluster.ts";
import { standingOf } from "../activities/standing.ts";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { TransientError } from "../domain/errors.ts";
import { names } from "../domain/ids.ts";
import type { Link } from "../domain/link.ts";
import { firstOffboardingSteps, type OffboardInput } from "../domain/offboarding.ts";
import { clusterOf, registryOf } from "../domain/onboarding.ts";
import { begun, type Operation } from "../domain/operation.ts";
import { isUnfinished } from "../domain/removal.ts";
import type { Instances } from "../durable/instances.ts";
import { offboardLink } from "../orchestrators/offboardLink.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, refuseChanged, type Handler } from "./http.ts";
import { shown, viewOf, type Shown } from "./linkView.ts";
import { existing } from "./readLinks.ts";
import { removalPlan } from "./removalPlan.ts";
import { startOperation } from "../activities/startOperation.ts";

type Connected = { readonly world: World; readonly config: Config };
type Asked = Connected & { readonly instances: Instances };

/**
 * DELETE /api/links/{id} : 202 with the operation that removes the link; asked again it is the same operation. One that
 * onboards the link is cancelled first, by the operation itself.
 */
export function removeLink(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const dryRun = flag(request, "dryRun");
    const connected = await connect();
    const asked = { ...connected, instances: instancesOf(context) };
    const { world, instances } = asked;
    const row = await existing(request.params["id"], world);
    const before = await shown(row, world, instances);
    refuseChanged(request.headers.get("if-match"), before.etag, "link");
    if (dryRun) return json(200, await removalPlan(before, world));
    if (!isAnswered(before)) await begin(asked, row.value);
    const { link, standing, etag } = await shown(await existing(row.value.id, world), world, instances);
    const location = `/api/operations/${standing?.operation.id ?? link.operationId}`;
    return json(202, viewOf(link, standing), { location, etag });
  };
}

/** The removal runs, or was done and has left nothing that could be removed now. */
function isAnswered({ link, standing }: Shown): boolean {
  if (standing?.operation.kind !== "offboarding") return false;
  if (standing.life === "alive") return true;
  return link.status === "removed" && link.removal !== null && !isUnfinished(link.removal);
}

/**
 * Intent first: the operation stands on its row, and on the link's, before it is started. Of two requests at once the first
 * on the link's row wins, and the other is answered with that one.
 */
async function begin(asked: Asked, link: Link): Promise<void> {
  const { world, instances } = asked;
  const row = link.removalId === null ? undefined : await world.operations.read(link.removalId);
  const before = row && (await standingOf(row.value, instances));
  // Written, and its start was never heard of: the process died in between. It is started as the operation it is.
  if (before?.life === "unheard") return start(asked, link, before.operation);
  if (before?.life === "dead") {
    const detail = before.operation.problem?.detail ?? "it ended without a word";
    await world.operations.update(before.operation.id, (operation) => lost(operation, detail, world.now()));
  }
  const operation = newOffboarding(link, world.now());
  await world.operations.insert(operation.id, operation);
  const written = await world.links.update(link.id, (current) =>
    current.removalId === link.removalId ? { ...current, removalId: operation.id } : current,
  );
  if (written?.removalId === operation.id) return start(asked, written, operation);
  await world.operations.remove(operation.id);
  if (!written || written.removalId === null)
    throw new TransientError(`link ${link.id} was asked for again while its removal was being started`);
}

function start({ config, instances }: Asked, link: Link, operation: Operation): Promise<void> {
  const input: OffboardInput = {
    operationId: operation.id,
    linkId: link.id,
    clusterKey: link.clusterKey,
    route: link.route,
    cluster: clusterOf(link),
    registry: registryOf(link),
    waits: config.waits,
  };
  return startOperation(instances, offboardLink, operation, input);
}

/** A removal that has begun is brought to its end: it cannot be cancelled. */
function newOffboarding({ id: subject, clusterKey }: Link, now: Date): Operation {
  const id = `${subject}-${randomUUID().slice(0, 8)}`;
  const instanceId = names.offboarding(subject);
  const steps = firstOffboardingSteps();
  return begun({ id, kind: "offboarding", subject, clusterKey, instanceId, steps, cancel: "closed" }, now);
}
