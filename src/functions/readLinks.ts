import type { Store } from "../store/store.ts";
import { InputError } from "../domain/errors.ts";
import type { Link, LinkStatus } from "../domain/link.ts";
import { instancesOf } from "../durable/register.ts";
import { json, type Handler } from "./http.ts";
import { currentView } from "./linkView.ts";

type Links = Store["links"];

/** GET /api/links/{id} */
export function getLink(connect: () => Promise<{ links: Links }>): Handler {
  return async (request, context) => {
    const link = await existing(request.params["id"], (await connect()).links);
    return json(200, await currentView(link, instancesOf(context)));
  };
}

export async function existing(id: string | undefined, links: Links): Promise<Link> {
  const row = id && /^[0-9a-f]{16}$/.test(id) ? await links.read(id) : undefined;
  if (!row) throw new InputError("CP-LINK-NOT-FOUND", `no link has the id "${id ?? ""}"`);
  return row.value;
}

const statuses: readonly LinkStatus[] = ["onboarding", "ready", "failed", "cancelled"];
const defaultSize = 100;
const largestSize = 1000;

/** GET /api/links?status=&cluster=&registry=&size=&page= : `next` is the `page` of the following request. */
export function listLinks(connect: () => Promise<{ links: Links }>): Handler {
  return async (request, context) => {
    const query = request.query;
    const status = query.get("status");
    if (status !== null && !statuses.some((known) => known === status)) {
      throw new InputError("CP-BAD-REQUEST", `status: "${status}" is none of ${statuses.join(", ")}`);
    }
    const size = Number(query.get("size") ?? defaultSize);
    if (!Number.isInteger(size) || size < 1 || size > largestSize)
      throw new InputError("CP-BAD-REQUEST", `size: must be a whole number from 1 to ${largestSize}`);
    const filter = Object.fromEntries(
      ["status", "cluster", "registry"].flatMap((key) =>
        query.has(key) ? [[key, query.get(key)?.toLowerCase() ?? ""]] : [],
      ),
    );
    const { links } = await connect();
    const { items, next } = await links.page(filter, size, query.get("page") ?? undefined);
    const instances = instancesOf(context);
    return json(200, { links: await Promise.all(items.map((link) => currentView(link, instances))), next });
  };
}
