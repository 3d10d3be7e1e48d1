import { standingOf, type Standing } from "../activities/standing.ts";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { InputError, problem } from "../domain/errors.ts";
import { clusterKeyOf, linkIdOf } from "../domain/ids.ts";
import { isSameImage } from "../domain/image.ts";
import { linkFields, type Link, type LinkRequest } from "../domain/link.ts";
import { ended, type Operation } from "../domain/operation.ts";
import { isNone, type Plan } from "../domain/preflight.ts";
import type { Instances } from "../durable/instances.ts";
import type { Row } from "../store/table.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, readJson, refusal, type Handler } from "./http.ts";
import { shown, viewOf, type Shown } from "./linkView.ts";
import { newLink, newOperation } from "./newLink.ts";
import { preflight } from "./plan.ts";
import { planView } from "./planView.ts";
import { startOnboarding, type Prepared } from "./startOnboarding.ts";
import { withinTime } from "./timeLimit.ts";

type Connected = { readonly world: World; readonly config: Config };
/** One request, with all that it needs. */
type Asked = Connected & { readonly wanted: LinkRequest; readonly id: string; readonly instances: Instances };

/**
 * POST /api/links. The same request again finds the same link: 202 while its operation runs, 200 where both sides are as
 * they should be now, and otherwise the operation is started (again), 202.
 */
export function createLink(connect: () => Promise<Connected>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const dryRun = flag(request, "dryRun");
    const { parseLinkRequest } = await import("./linkRequest.ts");
    const wanted = parseLinkRequest(await readJson(request));
    const connected = await connect();
    const looking = <Answer>(work: (world: World) => Promise<Answer>): Promise<Answer> =>
      withinTime(connected.world, connected.config.preflightLimitInSeconds, work);
    if (dryRun) return json(200, await looking((world) => dryRunOf(wanted, { ...connected, world })));

    const asked = {
      ...connected,
      wanted,
      id: linkIdOf(wanted.cluster, wanted.registry),
      instances: instancesOf(context),
    };
    const row = await asked.world.links.read(asked.id);
    const standing = row && (await shown(row, asked.world, asked.instances));
    if (standing) refuseRemoving(standing);
    if (standing) refuseOtherTerms(standing, wanted);
    if (standing?.standing?.life === "alive") return answer(202, standing);

    await refuseIfBusy(asked);
    const startedAt = asked.world.now().toISOString();
    const found = await looking((world) => preflight(wanted, { ...connected, world }));
    if (found.plan.problem) return refusal(found.plan.problem);
    if (standing && isAsItShouldBe(standing.link, found)) return answer(200, standing);
    const link = await begin(asked, row, standing, {
      preflight: { startedAt, finishedAt: asked.world.now().toISOString(), summary: summaryOf(found.plan) },
      notProved: found.notProved,
      maintenanceWindow: found.facts.window,
    });
    const begun = await shown(link, asked.world, asked.instances);
    // A concurrent request may have been first, with other settings, or for the link's removal.
    refuseRemoving(begun);
    refuseDiffering(begun, wanted);
    return answer(202, begun);
  };
}

/** Ready, with nothing to make or change; and what the row names as the grant is what stands there, not another's in its place. */
function isAsItShouldBe({ status, grant }: Link, { plan, facts }: Awaited<ReturnType<typeof preflight>>): boolean {
  const isNamed = facts.there.grants.some(({ id }) => id.toLowerCase() === grant?.assignmentId.toLowerCase());
  return status === "ready" && isNamed && plan.changes.every(isNone);
}

async function dryRunOf(wanted: LinkRequest, connected: Connected) {
  return planView(await preflight(wanted, { ...connected, asksAll: true }), connected.world);
}

function answer(status: 200 | 202, { link, standing, etag }: Shown) {
  return json(status, viewOf(link, standing), { location: `/api/links/${link.id}`, etag });
}

/** What runs, and what works, is not changed by asking for something else; a link that failed is asked for anew. */
function refuseOtherTerms({ link, standing }: Shown, wanted: LinkRequest): void {
  if (link.status === "ready" || standing?.life === "alive") refuseDiffering({ link, standing }, wanted);
}

/** What is being removed is removed: it may be asked for again when that has ended. */
function refuseRemoving({ link, standing }: Pick<Shown, "link" | "standing">): void {
  if (standing?.life !== "alive" || standing.operation.kind !== "offboarding") return;
  const { id, waitingFor } = standing.operation;
  const waits = waitingFor ? `, and waits until ${waitingFor.until} at the latest: ${waitingFor.what}` : "";
  throw new InputError("CP-LINK-BEING-REMOVED", `operation ${id} removes link ${link.id}${waits}`);
}

function refuseDiffering({ link, standing }: Pick<Shown, "link" | "standing">, wanted: LinkRequest): void {
  const differing = differingTerms(link, wanted);
  if (differing.length === 0) return;
  throw new InputError(
    "CP-LINK-CHANGED",
    `link ${link.id} is ${viewOf(link, standing).status} with another ${differing.join(", ")}`,
  );
}

function differingTerms(link: Link, wanted: LinkRequest): readonly string[] {
  return linkFields
    .filter((field) => field !== "cluster" && field !== "registry")
    .filter((field) =>
      field === "image"
        ? !isSameImage(link.image, wanted.image)
        : JSON.stringify(link[field]) !== JSON.stringify(wanted[field]),
    );
}

/** Another link's operation that changes the cluster now; one that has died holds nothing. */
async function refuseIfBusy({ wanted, id, world, instances }: Asked): Promise<void> {
  const holder = (await world.identities.read(clusterKeyOf(wanted.cluster)))?.value.holder;
  if (!holder) return;
  const operation = (await world.operations.read(holder.operationId))?.value;
  if (!operation || operation.subject === id) return;
  if ((await standingOf(operation, instances)).life !== "alive") return;
  throw new InputError(
    "CP-CLUSTER-BUSY",
    `operation ${operation.id} of link ${operation.subject} has held the cluster since ${holder.since}`,
  );
}

/**
 * Intent first: operation and link stand on their rows before anything is made outside. A concurrent request may win
 * anywhere here; then theirs is the link that is answered with.
 */
async function begin(
  asked: Asked,
  row: Row<Link> | undefined,
  standing: Shown | undefined,
  prepared: Prepared,
): Promise<Row<Link>> {
  const { world, wanted, id, instances } = asked;
  // Looked at again: what was not heard of before preflight may have begun meanwhile, and must not be closed.
  const seen = standing?.standing;
  const before = seen?.life === "unheard" ? await standingOf(seen.operation, instances) : seen;
  if (row && before?.life === "alive") return (await world.links.read(id)) ?? row;
  // Written, and its start was never heard of: the process died in between. It is started as the operation it is.
  if (row && before?.life === "unheard" && isToBeStarted(before)) {
    if (differingTerms(row.value, wanted).length === 0) {
      await startOnboarding(asked, row.value, wanted, prepared);
      return row;
    }
  }
  if (before && before.life !== "over") await close(before.operation, world);
  const link = newLink(wanted, row?.value, world.now());
  await world.operations.insert(link.operationId, newOperation(link, prepared.preflight, world.now()));
  await (row ? world.links.replace(id, link, row.etag) : world.links.insert(id, link));
  // What is there decides, not the answer: the storage client repeats a write whose answer was lost, and is refused then.
  const current = await world.links.read(id);
  if (!current) throw new Error(`link ${id} vanished while it was being made`);
  if (current.value.operationId === link.operationId) await startOnboarding(asked, link, wanted, prepared);
  else await world.operations.remove(link.operationId);
  return current;
}

function isToBeStarted({ operation: { kind, cancel } }: Standing): boolean {
  return kind === "onboarding" && cancel === "open";
}

/** An operation that ended without a word, or never began, gets the ending that it could not write. */
async function close({ id, steps, problem: reason }: Operation, { operations, now }: World): Promise<void> {
  const ending = reason ?? problem("CP-SUPERSEDED", `operation ${id} never began, and the link was asked for anew`);
  await operations.update(id, (operation) =>
    ended(operation, { state: "failed", problem: ending, steps }, now().toISOString()),
  );
}

function summaryOf({ checks }: Plan): string {
  const warnings = checks.filter(({ verdict }) => verdict === "warn").map(({ detail }) => detail);
  return [`${checks.length} checks`, ...warnings].join("; ");
}
