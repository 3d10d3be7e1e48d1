import { withUpdates, type Page, type RawTable, type Shape, type Table } from "../../src/store/table.ts";

/** A table without Azure, for tests of what uses one; held to the same tests as the real one, lost races included. */
export function memoryTable<T extends object>(shape: Pick<Shape<T>, "columns" | "owner">): Table<T> {
  return withUpdates<T>("memory", memoryRows(shape), shape.owner);
}

export function memoryRows<T extends object>(shape: Pick<Shape<T>, "columns">): RawTable<T> {
  const rows = new Map<string, { json: string; etag: number }>();
  let written = 0;
  const write = (id: string, value: T): string => {
    rows.set(id, { json: JSON.stringify(value), etag: ++written });
    return String(written);
  };
  const parsed = (id: string): T => JSON.parse(rows.get(id)?.json ?? "null") as T;
  return {
    async read(id) {
      const row = rows.get(id);
      return row && { value: JSON.parse(row.json) as T, etag: String(row.etag) };
    },
    async replace(id, value, etag) {
      return String(rows.get(id)?.etag) === etag ? write(id, value) : undefined;
    },
    async insert(id, value) {
      return rows.has(id) ? undefined : write(id, value);
    },
    async remove(id, etag) {
      return (etag === undefined || String(rows.get(id)?.etag) === etag) && rows.delete(id);
    },
    async page(filter, size, token): Promise<Page<T>> {
      const matching = [...rows.keys()]
        .sort()
        .filter((id) => token === undefined || id > token)
        .filter((id) => {
          const columns = shape.columns(parsed(id));
          return Object.entries(filter).every(([column, term]) => {
            const text = columns[column] ?? "";
            if (typeof term === "string") return text === term;
            return "le" in term ? text <= term.le : text >= term.ge;
          });
        });
      return {
        items: matching.slice(0, size).map(parsed),
        next: matching.length > size ? (matching[size - 1] ?? null) : null,
      };
    },
  };
}
