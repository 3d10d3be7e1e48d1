import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite, type Azurite } from "../../local/stack/azurite.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { allRows } from "../../src/activities/allRows.ts";
import { Secret } from "../../src/domain/secret.ts";
import { withUpdates, type RawTable, type Shape, type Table } from "../../src/store/table.ts";
import { partitionOf, table, type TableSettings } from "../../src/store/tables.ts";
import { memoryRows, memoryTable } from "./memoryTable.ts";

type Value = { readonly color: string; readonly count: number; readonly owner: string | null; readonly due: string };
const shape: Shape<Value> = {
  columns: ({ color, due }) => ({ color, due }),
  owner: ({ owner }) => owner,
  version: 2,
  upgrade: (json, version) => ({ ...(json as Value), color: `upgraded from ${version}` }),
};
const due = "2026-01-01T00:00:00.000Z";
const value = (part: Partial<Value> = {}): Value => ({ color: "red", count: 1, owner: null, due, ...part });

let azurite: Azurite;
let folder = "";
let settings: TableSettings;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "crosspull-tables-"));
  azurite = await startAzurite(folder);
  const storage = { kind: "connectionString", connectionString: new Secret(azurite.connectionString) } as const;
  settings = { prefix: "test", storage };
});
afterAll(async () => {
  await azurite.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["Azure Tables", "memory"])("rows in %s", (kind) => {
  let rows: Table<Value>;
  beforeAll(() => {
    rows = kind === "memory" ? memoryTable(shape) : table(settings, "rows", shape);
  });

  test("are inserted once, and read with their ETag", async () => {
    expect(await rows.read("aa01")).toBeUndefined();
    expect(await rows.insert("aa01", value())).toBe(true);
    expect(await rows.insert("aa01", value({ color: "blue" }))).toBe(false);
    expect((await rows.read("aa01"))?.value).toEqual(value());
  });

  test("are replaced only when nobody was faster", async () => {
    const etag = (await rows.read("aa01"))?.etag ?? "";
    expect(await rows.replace("aa01", value({ count: 2 }), etag)).toBe(true);
    expect(await rows.replace("aa01", value({ count: 3 }), etag)).toBe(false);
    expect(await rows.replace("aa99", value(), etag)).toBe(false);
    expect((await rows.read("aa01"))?.value.count).toBe(2);
  });

  test("are updated by all who want to at once", async () => {
    const add = () => rows.update("aa01", (row) => ({ ...row, count: row.count + 1 }));
    await Promise.all(Array.from({ length: 4 }, add));
    expect((await rows.read("aa01"))?.value.count).toBe(6);
    expect(await rows.update("aa99", (row) => row)).toBeUndefined();
  });

  test("are written for the operation they name, and a stale one is told who owns them", async () => {
    await rows.insert("ab01", value({ owner: "new" }));
    const add = (operationId: string) =>
      rows.updateFor(operationId, "ab01", (row) => ({ ...row, count: row.count + 1 }));
    expect(await add("old")).toEqual({ outcome: "stale", owner: "new" });
    expect(await add("new")).toMatchObject({ outcome: "written", value: { count: 2 } });
    expect((await rows.read("ab01"))?.value.count).toBe(2);
    expect(await rows.updateFor("new", "ab99", (row) => row)).toEqual({ outcome: "stale", owner: null });
  });

  test("are listed by column, page after page and over all partitions, quotes included", async () => {
    for (const id of ["b001", "c001", "d001"]) await rows.insert(id, value({ color: "o'clock" }));
    const found: Value[] = [];
    let token: string | undefined;
    do {
      const page = await rows.page({ color: "o'clock" }, 2, token);
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items);
      token = page.next ?? undefined;
    } while (token !== undefined);
    expect(found).toHaveLength(3);
    expect((await rows.page({ color: "green" }, 10, undefined)).items).toEqual([]);
  });

  test("are found by comparison, and all of them by `allRows`", async () => {
    await rows.insert("e001", value({ color: "due", due: "2026-02-01T00:00:00.000Z" }));
    await rows.insert("f001", value({ color: "due", due: "2026-03-01T00:00:00.000Z" }));
    const dueBy = async (filter: Parameters<typeof rows.page>[0]) => {
      const found: string[] = [];
      for await (const row of allRows(rows, filter)) found.push(row.due.slice(0, 7));
      return found.sort();
    };
    expect(await dueBy({ color: "due", due: { le: "2026-02-15T00:00:00.000Z" } })).toEqual(["2026-02"]);
    expect(await dueBy({ color: "due", due: { ge: "2026-02-15T00:00:00.000Z" } })).toEqual(["2026-03"]);
    expect(await dueBy({ color: "due" })).toEqual(["2026-02", "2026-03"]);
  });

  test("are removed, twice without complaint", async () => {
    await rows.remove("aa01");
    await rows.remove("aa01");
    expect(await rows.read("aa01")).toBeUndefined();
  });

  test("are removed for the operation they name, and a stale one is told who owns them", async () => {
    await rows.insert("aa09", value({ owner: "mine" }));
    expect(await rows.removeFor("other", "aa09")).toEqual({ outcome: "stale", owner: "mine" });
    expect(await rows.removeFor("mine", "aa09")).toMatchObject({ outcome: "written" });
    expect(await rows.removeFor("mine", "aa09")).toMatchObject({ outcome: "written" });
    expect(await rows.read("aa09")).toBeUndefined();
  });
});

test("a row that changes hands between the reading and the writing is not written by the operation that lost it", async () => {
  const rows = memoryRows(shape);
  await rows.insert("ab02", value({ owner: "old" }));
  const overtaken: RawTable<Value> = {
    ...rows,
    async replace(id, next, etag) {
      const row = await rows.read(id);
      if (row) await rows.replace(id, { ...row.value, owner: "new" }, row.etag);
      return rows.replace(id, next, etag);
    },
  };
  const raced = withUpdates("overtaken", overtaken, shape.owner);
  expect(await raced.updateFor("old", "ab02", (row) => ({ ...row, count: 99 }))).toEqual({
    outcome: "stale",
    owner: "new",
  });
  expect((await rows.read("ab02"))?.value).toEqual(value({ owner: "new" }));
});

test("a row that changes hands between the reading and the removing is not removed by the operation that lost it", async () => {
  const rows = memoryRows(shape);
  await rows.insert("ab08", value({ owner: "old" }));
  const overtaken: RawTable<Value> = {
    ...rows,
    async remove(id, etag) {
      const row = await rows.read(id);
      if (row) await rows.replace(id, { ...row.value, owner: "new" }, row.etag);
      return rows.remove(id, etag);
    },
  };
  const raced = withUpdates("overtaken", overtaken, shape.owner);
  expect(await raced.removeFor("old", "ab08")).toEqual({ outcome: "stale", owner: "new" });
  expect((await rows.read("ab08"))?.value.owner).toBe("new");
});

test("a row that never stops changing is given up aloud", async () => {
  const rows = memoryRows(shape);
  await rows.insert("ab03", value());
  const busy = withUpdates("busy", { ...rows, replace: async () => undefined }, shape.owner);
  await expect(busy.update("ab03", (row) => ({ ...row, count: 2 }))).rejects.toThrow("kept changing");
});

describe("a table that two processes write", () => {
  const both = () => {
    const rows = memoryRows(shape);
    let reads = 0;
    const counted = { ...rows, read: async (id: string) => ((reads += 1), rows.read(id)) };
    const ours = withUpdates("shared", counted, shape.owner);
    const theirs = withUpdates("shared", rows, shape.owner);
    return { ours, theirs, reads: () => reads };
  };
  const add = (row: Value): Value => ({ ...row, count: row.count + 1 });

  test("writes a row again without reading it as long as nobody else does", async () => {
    const { ours, reads } = both();
    await ours.insert("ab04", value());
    for (let times = 0; times < 3; times += 1) await ours.update("ab04", add);
    expect(reads()).toBe(0);
    expect((await ours.read("ab04"))?.value.count).toBe(4);
  });

  test("loses nothing that the other one wrote since", async () => {
    const { ours, theirs } = both();
    await ours.insert("ab05", value());
    await theirs.update("ab05", add);
    await ours.update("ab05", add);
    await theirs.update("ab05", add);
    expect((await ours.read("ab05"))?.value.count).toBe(4);
  });

  test("decides by the row as it is, and not as it was, where nothing is to be written", async () => {
    const { ours, theirs } = both();
    await ours.insert("ab06", value({ owner: "old" }));
    await theirs.update("ab06", (row) => ({ ...row, owner: "new", color: "blue" }));
    expect(await ours.update("ab06", (row) => (row.color === "red" ? row : { ...row, count: 7 }))).toMatchObject({
      count: 7,
    });
    await theirs.update("ab06", (row) => ({ ...row, owner: "newest" }));
    expect(await ours.updateFor("old", "ab06", add)).toEqual({ outcome: "stale", owner: "newest" });
    expect(await ours.updateFor("newest", "ab06", add)).toMatchObject({ outcome: "written" });
    await theirs.remove("ab06");
    expect(await ours.update("ab06", add)).toBeUndefined();
  });

  test("reads a row again after a write whose answer was lost", async () => {
    const rows = memoryRows(shape);
    await rows.insert("ab07", value());
    let lose = true;
    const lossy: RawTable<Value> = {
      ...rows,
      async replace(id, next, etag) {
        const done = await rows.replace(id, next, etag);
        if (!lose) return done;
        lose = false;
        throw new TransientError("no answer");
      },
    };
    const table = withUpdates("lossy", lossy, shape.owner);
    await expect(table.update("ab07", add)).rejects.toThrow("no answer");
    expect(await table.update("ab07", add)).toMatchObject({ count: 3 });
  });
});

test("a row of an earlier schema is upgraded when it is read, and stays so once it is written", async () => {
  const before = table(settings, "aged", { ...shape, version: 1 });
  await before.insert("aa01", value());
  const today = table(settings, "aged", shape);
  expect((await today.read("aa01"))?.value.color).toBe("upgraded from 1");
  expect((await today.page({}, 10, undefined)).items[0]?.color).toBe("upgraded from 1");
  await today.update("aa01", (row) => ({ ...row, color: "blue" }));
  expect((await today.read("aa01"))?.value.color).toBe("blue");
});

test("ids spread over partitions by their first two digits", () => {
  expect(partitionOf("0fa3b2c1d4e5f607")).toBe("0f");
});

test("a store that cannot be reached passes: it is no defect", async () => {
  const connectionString = azurite.connectionString.replace(/:\d+\//g, ":1/");
  const away = table(
    { prefix: "test", storage: { kind: "connectionString", connectionString: new Secret(connectionString) } },
    "rows",
    shape,
  );
  await expect(away.read("aa01")).rejects.toThrow(TransientError);
});
