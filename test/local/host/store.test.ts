import { newInstance } from "../../../local/host/durable/engine/instances.ts";
import { openStore, type InstanceQuery, type Store } from "../../../local/host/durable/engine/store.ts";

let store: Store;
beforeAll(() => {
  store = openStore(":memory:");
  const put = (id: string, status: "Running" | "Completed" | "Failed", day: number): void => {
    store.put({ ...newInstance({ id, name: "n", version: "", input: null }, new Date(day)), status });
  };
  put("a-1", "Running", 1);
  put("a-2", "Completed", 2);
  put("a-3", "Failed", 3);
  put("ä", "Running", 4);
  put("B-1", "Running", 5);
});
afterAll(() => {
  store.close();
});

test.each<[InstanceQuery, string[]]>([
  [{}, ["B-1", "a-1", "a-2", "a-3", "ä"]],
  [{ prefix: "a-" }, ["a-1", "a-2", "a-3"]],
  [{ prefix: "a-", limit: 2 }, ["a-1", "a-2"]],
  [{ prefix: "a-", limit: 2, after: "a-2" }, ["a-3"]],
  [{ statuses: ["Running", "Failed"] }, ["B-1", "a-1", "a-3", "ä"]],
  [{ from: 2, to: 4 }, ["a-2", "a-3", "ä"]],
  [{ prefix: "%" }, []],
])("the query %j reads only what it asks for, in order of id", (query, ids) => {
  expect(store.instances(query).map(({ id }) => id)).toEqual(ids);
});
