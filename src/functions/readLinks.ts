import type { World } from "../activities/world.ts";
import { InputError } from "../domain/errors.ts";
import { linkStatuses, type Link } from "../domain/link.ts";
import { isForgotten } from "../domain/removal.ts";
import type { Row } from "../store/table.ts";
import type { InstancesOf } from "./connect.ts";
import { json, type Handler } from "./http.ts";
import { standingOf } from "../activities/standing.ts";
import { operationOf, operationView, shown, viewOf } from "./linkView.ts";
import { inParts, listed } from "./paging.ts";

type Rows = Pick<World, "links" | "operations" | "now">;

/** GET /api/links/{id} : with an `ETag` for `If-Match`. */
export function getLink(connect: () => Promise<Rows>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const rows = await connect();
    const { link, standing, etag } = await shown(
      await existing(request.params["id"], rows),
      rows,
      instancesOf(context),
    );
    return json(200, viewOf(link, standing), { etag });
  };
}

export async function existing(
  id: string | undefined,
  { links, now }: Pick<World, "links" | "now">,
): Promise<Row<Link>> {
  const row = id && /^[0-9a-f]{16}$/.test(id) ? await links.read(id) : undefined;
  if (!row || isForgotten(row.value, now()))
    throw new InputError("CP-LINK-NOT-FOUND", `no link has the id "${id ?? ""}"`);
  return row;
}

/** GET /api/operations/{id} */
export function getOperation(connect: () => Promise<Rows>, instancesOf: InstancesOf): Handler {
  return async (request, context) => {
    const id = request.params["id"] ?? "";
    const row = /^[0-9a-f]{16}-[0-9a-f]{8}$/.test(id) ? await (await connect()).operations.read(id) : undefined;
    if (!row) throw new InputError("CP-OPERATION-NOT-FOUND", `no operation has the id "${id}"`);
    return json(200, operationView(await standingOf(row.value, instancesOf(context))));
  };
}

/** GET /api/links?status=&cluster=&registry=&size=&page= : `next` is the `page` of the following request. */
export function listLinks(connect: () => Promise<Rows>, instancesOf: InstancesOf): Handler {
  return async ({ query }, context) => {
    const status = query.get("status");
    if (status !== null && !linkStatuses.some((known) => known === status)) {
      throw new InputError("CP-BAD-REQUEST", `status: "${status}" is none of ${linkStatuses.join(", ")}`);
    }
    const filter = Object.fromEntries(
      ["status", "cluster", "registry"].flatMap((key) =>
        query.has(key) ? [[key, query.get(key)?.toLowerCase() ?? ""]] : [],
      ),
    );
    const rows = await connect();
    const { items, next } = await listed(rows.links, filter, query);
    const instances = instancesOf(context);
    const links = await inParts(
      items.filter((link) => !isForgotten(link, rows.now())),
      async (link) => viewOf(link, (await operationOf(link, rows.operations, instances)).standing),
    );
    return json(200, { links, next });
  };
}
