import { InputError } from "../domain/errors.ts";
import type { Filter, Page, Table } from "../store/table.ts";

const defaultSize = 100;
const largestSize = 1000;
/** A page asks the host for the state of what runs: not for all of it at once. */
const atOnce = 16;

/** The page of a list that a query asks for by `size` and `page`; `next` is the `page` of the following request. */
export async function listed<T>(
  table: Pick<Table<T>, "page">,
  filter: Filter,
  query: Pick<URLSearchParams, "get">,
): Promise<Page<T>> {
  const { items, next } = await pageAt(table, filter, sizeOf(query), query.get("page"));
  return { items, next: next === null ? null : Buffer.from(next).toString("base64url") };
}

function sizeOf(query: Pick<URLSearchParams, "get">): number {
  const text = query.get("size") ?? String(defaultSize);
  const size = /^\d+$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > largestSize)
    throw new InputError("CP-BAD-REQUEST", `size: must be a whole number from 1 to ${largestSize}`);
  return size;
}

/** The page that `mark` names: what a page before gave as `next`. Anything else is told apart from an outage of the storage. */
async function pageAt<T>(table: Pick<Table<T>, "page">, filter: Filter, size: number, mark: string | null) {
  const token = mark === null ? undefined : Buffer.from(mark, "base64url").toString("utf8");
  try {
    return await table.page(filter, size, token === "" ? "{" : token);
  } catch (error) {
    if (mark === null || !(error instanceof SyntaxError)) throw error;
    throw new InputError("CP-BAD-REQUEST", `page: must be the "next" of the page before`);
  }
}

/** Does `work` for every item, a few at a time, and answers in their order. */
export async function inParts<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += atOnce)
    results.push(...(await Promise.all(items.slice(first, first + atOnce).map(work))));
  return results;
}
