import { randomUUID } from "node:crypto";
import type { World } from "../activities/world.ts";
import type { Config } from "../config.ts";
import { InputError, problem, TransientError } from "../domain/errors.ts";
import { clusterKeyOf, linkIdOf, names } from "../domain/ids.ts";
import { linkFields, type Link, type LinkRequest } from "../domain/link.ts";
import { firstSteps, type OnboardInput } from "../domain/onboarding.ts";
import { isOver, type Operation, type Progress } from "../domain/operation.ts";
import type { Plan } from "../domain/preflight.ts";
import type { Instances } from "../durable/instances.ts";
import { onboardLink } from "../orchestrators/onboardLink.ts";
import type { Row } from "../store/table.ts";
import type { InstancesOf } from "./connect.ts";
import { flag, json, readJson, refusal, type Handler } from "./http.ts";
import { shown, standingOf, viewOf, type Shown } from "./linkView.ts";
import { preflight } from "./plan.ts";
import { planView } from "./planView.ts";
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
    if (standing) refuseOtherTerms(standing, wanted);
    if (standing?.standing?.life === "alive") return answer(202, standing);

    await refuseIfBusy(asked);
    const startedAt = asked.world.now().toISOString();
    const found = await looking((world) => preflight(wanted, { ...connected, world }));
    if (found.plan.problem) return refusal(found.plan.problem);
    if (standing?.link.status === "ready" && isAsItShouldBe(found.plan)) return answer(200, standing);
    const link = await begin(asked, row, standing, {
      preflight: { startedAt, finishedAt: asked.world.now().toISOString(), summary: summaryOf(found.plan) },
      notProved: found.notProved,
    });
    return answer(202, await shown(link, asked.world, asked.instances));
  };
}

async function dryRunOf(wanted: LinkRequest, connected: Connected) {
  return planView(await preflight(wanted, connected), connected.world);
}

function answer(status: 200 | 202, { link, standing, etag }: Shown) {
  return json(status, viewOf(link, standing), { location: `/api/links/${link.id}`, etag });
}

/** Everything that was planned is there already. */
function isAsItShouldBe({ changes }: Plan): boolean {
  return changes.every(({ action }) => action === "reuse" || action === "none");
}

/** What runs, and what works, is not changed by asking for something else; a link that failed is asked for anew. */
function refuseOtherTerms({ link, standing }: Shown, wanted: LinkRequest): void {
  if (link.status !== "ready" && standing?.life !== "alive") return;
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
    .filter((field) => JSON.stringify(link[field]) !== JSON.stringify(wanted[field]));
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

type Prepared = Pick<OnboardInput, "preflight" | "notProved">;

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
  const { world, wanted, id } = asked;
  const before = standing?.standing;
  // Written, and its start was never heard of: the process died in between. It is started as the operation it is.
  if (row && before?.life === "unheard" && before.operation.cancel === "open") {
    if (differingTerms(row.value, wanted).length === 0) {
      await start(asked, row.value, prepared);
      return row;
    }
  }
  if (before && before.life !== "over") await close(before.operation, world);
  const link = newLink(asked, row?.value);
  await world.operations.insert(link.operationId, newOperation(link, prepared, world));
  await (row ? world.links.replace(id, link, row.etag) : world.links.insert(id, link));
  // What is there decides, not the answer: the storage client repeats a write whose answer was lost, and is refused then.
  const current = await world.links.read(id);
  if (!current) throw new Error(`link ${id} vanished while it was being made`);
  if (current.value.operationId === link.operationId) await start(asked, link, prepared);
  else await world.operations.remove(link.operationId);
  return current;
}

/** An operation that ended without a word, or never began, gets the ending that it could not write. */
async function close({ id, steps, problem: reason }: Operation, { operations, now }: World): Promise<void> {
  const ending = reason ?? problem("CP-SUPERSEDED", `operation ${id} never began, and the link was asked for anew`);
  await operations.update(id, (operation) =>
    isOver(operation)
      ? operation
      : { ...operation, state: "failed", steps, waitingFor: null, problem: ending, endedAt: now().toISOString() },
  );
}

function newLink({ wanted, id, world }: Asked, before: Link | undefined): Link {
  const at = world.now().toISOString();
  const { cluster, registry, clusterTenantId, registryTenantId, repositories, image } = wanted;
  return {
    cluster,
    registry,
    clusterTenantId,
    registryTenantId,
    repositories,
    image,
    id,
    clusterKey: clusterKeyOf(wanted.cluster),
    route: "servicePrincipal",
    status: "onboarding",
    operationId: `${id}-${randomUUID().slice(0, 8)}`,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    appId: before?.appId ?? null,
    consent: null,
    grantIntended: before?.grantIntended ?? null,
    grant: before?.grant ?? null,
    proof: before?.proof ?? null,
    readySince: before?.readySince ?? null,
    problem: null,
  };
}

function newOperation(link: Link, { preflight: first }: Prepared, { now }: World): Operation {
  return {
    id: link.operationId,
    kind: "onboarding",
    subject: link.id,
    clusterKey: link.clusterKey,
    instanceId: names.onboarding(link.id),
    state: "running",
    steps: firstSteps(first),
    waitingFor: null,
    problem: null,
    startedAt: now().toISOString(),
    endedAt: null,
    cancel: "open",
    consentAnswers: [],
  };
}

const tries = 10;
const restInMs = 300;

/**
 * Starts the instance. One that runs under the same id is an earlier operation of this link that has said how it ended
 * and is about to be over: it is waited for.
 */
async function start({ wanted, instances, config }: Asked, link: Link, prepared: Prepared): Promise<void> {
  const input: OnboardInput = {
    operationId: link.operationId,
    linkId: link.id,
    clusterKey: link.clusterKey,
    route: link.route,
    request: wanted,
    ...prepared,
    waits: config.waits,
    maintenanceWindow: config.maintenanceWindow,
  };
  for (let tried = 1; tried <= tries; tried += 1) {
    const answered = await instances.start(onboardLink, names.onboarding(link.id), input);
    if (answered.started) return;
    const running = (answered.state.customStatus as Progress | null)?.operationId;
    if (running === undefined || running === link.operationId) return;
    await new Promise((resolve) => setTimeout(resolve, restInMs));
  }
  throw new TransientError(`the instance of an earlier operation of link ${link.id} is not over yet`, 5);
}

function summaryOf({ checks }: Plan): string {
  const warnings = checks.filter(({ verdict }) => verdict === "warn").map(({ detail }) => detail);
  return [`${checks.length} checks`, ...warnings].join("; ");
}
