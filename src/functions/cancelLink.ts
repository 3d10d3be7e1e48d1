import type { World } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { isOver, type Operation } from "../domain/operation.ts";
import { cancelRequested } from "../orchestrators/run.ts";
import type { InstancesOf } from "./connect.ts";
import { json, refuseChanged, type Handler } from "./http.ts";
import { shown, viewOf } from "./linkView.ts";
import { existing } from "./readLinks.ts";

/**
 * POST /api/links/{id}/cancel : 202 means that the cancel takes effect: it stands on the operation's row, and the operation
 * may not begin to change the cluster any more. 409 means that it came too late, or that there is nothing to cancel.
 */
export function cancelLink(
  connect: () => Promise<Pick<World, "links" | "operations">>,
  instancesOf: InstancesOf,
): Handler {
  return async (request, context) => {
    const world = await connect();
    const instances = instancesOf(context);
    const row = await existing(request.params["id"], world.links);
    const before = await shown(row, world, instances);
    refuseChanged(request.headers.get("if-match"), before.etag, "link");
    const { link, standing } = before;
    if (standing?.life !== "alive")
      throw new InputError("CP-NOT-CANCELLABLE", `link ${link.id} is ${viewOf(link, standing).status}: nothing runs`);
    await ask(standing.operation, world);
    await instances.wake(standing.operation.instanceId, cancelRequested);
    const after = await shown((await world.links.read(link.id)) ?? row, world, instances);
    return json(202, viewOf(after.link, after.standing), { location: `/api/links/${link.id}`, etag: after.etag });
  };
}

/** Either the wish gets onto the row, or the row says that the cluster is being changed: never both. */
async function ask({ id, subject }: Operation, { operations }: Pick<World, "operations">): Promise<void> {
  const row = await operations.update(id, (operation) =>
    operation.cancel === "open" && !isOver(operation) ? { ...operation, cancel: "asked" } : operation,
  );
  if (row?.cancel === "asked") return;
  const why =
    row?.cancel === "closed"
      ? "it changes the cluster, where going on is safer than stopping, or is about to end"
      : "it has ended";
  throw new InputError("CP-NOT-CANCELLABLE", `operation ${id} of link ${subject}: ${why}`);
}
