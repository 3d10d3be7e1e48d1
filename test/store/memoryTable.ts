import type { Filter, Page, Row, Table } from "../../src/store/tables.ts";

/** A table without Azure, for tests of what uses one; held to the same tests as the real one. */
export function memoryTable<T>(columns: (value: T) => Filter): Table<T> {
  const rows = new Map<string, { json: string; etag: number }>();
  let written = 0;
  const write = (id: string, value: T): void => void rows.set(id, { json: JSON.stringify(value), etag: ++written });
  const read = async (id: string): Promise<Row<T> | undefined> => {
    const row = rows.get(id);
    return row && { value: JSON.parse(row.json) as T, etag: String(row.etag) };
  };
  const replace = async (id: string, value: T, etag: string): Promise<boolean> => {
    if (String(rows.get(id)?.etag) !== etag) return false;
    write(id, value);
    return true;
  };
  return {
    read,
    replace,
    async insert(id, value) {
      if (rows.has(id)) return false;
      write(id, value);
      return true;
    },
    async update(id, change) {
      const row = rows.get(id);
      if (!row) return undefined;
      const value = change(JSON.parse(row.json) as T);
      write(id, value);
      return value;
    },
    async remove(id) {
      rows.delete(id);
    },
    async page(filter, size, token): Promise<Page<T>> {
      const ids = [...rows.keys()].sort().filter((id) => token === undefined || id > token);
      const matching = ids.filter((id) => {
        const value = JSON.parse(rows.get(id)?.json ?? "null") as T;
        return Object.entries(filter).every(([key, wanted]) => columns(value)[key] === wanted);
      });
      const items = await Promise.all(matching.slice(0, size).map(read));
      return {
        items: items.flatMap((row) => (row ? [row.value] : [])),
        next: matching.length > size ? (matching[size - 1] ?? null) : null,
      };
    },
  };
}
