import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite, type Azurite } from "../../local/stack/azurite.ts";
import { Secret } from "../../src/domain/secret.ts";
import { table, type Table } from "../../src/store/tables.ts";
import { memoryTable } from "./memoryTable.ts";

type Value = { readonly color: string; readonly count: number };
const columns = ({ color }: Value) => ({ color });

describe.each(["Azure Tables", "memory"])("rows in %s", (kind) => {
  let azurite: Azurite | undefined;
  let folder = "";
  let rows: Table<Value>;
  beforeAll(async () => {
    if (kind === "memory") {
      rows = memoryTable(columns);
      return;
    }
    folder = mkdtempSync(join(tmpdir(), "crosspull-tables-"));
    azurite = await startAzurite(folder);
    const storage = { kind: "connectionString", connectionString: new Secret(azurite.connectionString) } as const;
    rows = table({ prefix: "test", storage }, "rows", columns);
  });
  afterAll(async () => {
    await azurite?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("are inserted once, and read with their ETag", async () => {
    expect(await rows.read("a")).toBeUndefined();
    expect(await rows.insert("a", { color: "red", count: 1 })).toBe(true);
    expect(await rows.insert("a", { color: "blue", count: 9 })).toBe(false);
    expect((await rows.read("a"))?.value).toEqual({ color: "red", count: 1 });
  });

  test("are replaced only when nobody was faster", async () => {
    const etag = (await rows.read("a"))?.etag ?? "";
    expect(await rows.replace("a", { color: "red", count: 2 }, etag)).toBe(true);
    expect(await rows.replace("a", { color: "red", count: 3 }, etag)).toBe(false);
    expect(await rows.replace("missing", { color: "red", count: 3 }, etag)).toBe(false);
    expect((await rows.read("a"))?.value.count).toBe(2);
  });

  test("are updated by all who want to at once", async () => {
    await Promise.all(
      Array.from({ length: 4 }, () => rows.update("a", (value) => ({ ...value, count: value.count + 1 }))),
    );
    expect((await rows.read("a"))?.value.count).toBe(6);
    expect(await rows.update("missing", (value) => value)).toBeUndefined();
  });

  test("are listed by column, page after page, quotes included", async () => {
    for (const id of ["b", "c", "d"]) await rows.insert(id, { color: "o'clock", count: 0 });
    const first = await rows.page({ color: "o'clock" }, 2, undefined);
    expect(first.items).toHaveLength(2);
    const second = await rows.page({ color: "o'clock" }, 2, first.next ?? undefined);
    expect(second.items).toHaveLength(1);
    expect(second.next).toBeNull();
    expect((await rows.page({}, 10, undefined)).items).toHaveLength(4);
    expect((await rows.page({ color: "green" }, 10, undefined)).items).toEqual([]);
  });

  test("are removed, twice without complaint", async () => {
    await rows.remove("a");
    await rows.remove("a");
    expect(await rows.read("a")).toBeUndefined();
  });
});
