import type { Filter, Table } from "../store/table.ts";

/** Every page of a filter. For what may not miss a row; lists for people ask page by page. */
export async function* allRows<T>(table: Pick<Table<T>, "page">, filter: Filter, size = 1000): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const { items, next } = await table.page(filter, size, token);
    yield* items;
    token = next ?? undefined;
  } while (token !== undefined);
}
