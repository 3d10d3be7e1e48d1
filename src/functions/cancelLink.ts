import { askCancel } from "../activities/askCancel.ts";
import type { World } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import type { Operation } from "../domain/operation.ts";
import type { InstancesOf } from "./connect.ts";
import { json, refuseChanged, type Handler } from "./http.ts";
import { shown, viewOf } from "./linkView.ts";
import { existing } from "./readLinks.ts";

/**
 * POST /api/links/{id}/cancel : 202 means that the cancel takes effect: it stands on the operation's row, and the operation
 * may not begin to change the cluster any more. 409 means that it came too late, or that there is nothing to cancel.
 */
export function cancelLink(
  connect: () => Promise<Pick<World, "links" | "operations" | "now">>,
  instancesOf: InstancesOf,
): Handler {
  return async (request, context) => {
    const world = await connect();
    const instances = instancesOf(context);
    const row = await existing(request.params["id"], world);
    const before = await shown(row, world, instances);
    refuseChanged(request.headers.get("if-match"), before.etag, "link");
    const { link, standing } = before;
    if (standing?.life !== "alive")
      throw new InputError("CP-NOT-CANCELLABLE", `link ${link.id} is ${viewOf(link, standing).status}: nothing runs`);
    const asked = await askCancel(standing.operation, { ...world, instances });
    if (asked?.cancel !== "asked") refuse(standing.operation, asked);
    const after = await shown((await world.links.read(link.id)) ?? row, world, instances);
    return json(202, viewOf(after.link, after.standing), { location: `/api/links/${link.id}`, etag: after.etag });
  };
}

function refuse({ id, kind, subject }: Operation, row: Operation | undefined): never {
  const why =
    kind === "offboarding"
      ? "it removes the link, which is brought to its end"
      : row?.cancel === "closed"
        ? "it changes the cluster, where going on is safer than stopping, or is about to end"
        : "it has ended";
  throw new InputError("CP-NOT-CANCELLABLE", `operation ${id} of link ${subject}: ${why}`);
}
