import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEstate } from "../../../../local/cloud/estates/estate.ts";
import { jsonSchema, jsonSchemaFile } from "../../../../local/cloud/estates/jsonSchema.ts";
import { testCloud } from "../kit/cloud.ts";

test("estate.schema.json says what the code says: `node_modules/.bin/node local/cloud/estates/jsonSchema.ts` writes it anew", () => {
  expect(JSON.parse(readFileSync(jsonSchemaFile, "utf8"))).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});

test("the schema uses formats that every validator knows, and asks nothing of a file that extends another", () => {
  const text = JSON.stringify(jsonSchema());
  const formats = new Set([...text.matchAll(/"format":"([^"]+)"/g)].map(([, format]) => format));
  expect([...formats].sort()).toEqual(["date", "date-time", "ipv4", "uri", "uuid"]);
  expect(jsonSchema()).toMatchObject({ anyOf: [{ required: ["tenants"] }, { required: ["extends"] }] });
  expect(jsonSchema()).not.toHaveProperty("required");
});

test("an ISV's administrator can sign in to each of twenty customers and owns their registry", async () => {
  const cloud = await testCloud({ estate: "isv" });
  const [first, last] = [loadEstate("isv").tenants[3], loadEstate("isv").tenants.at(-1)];
  for (const tenant of [first, last]) {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: cloud.env1("CLIENT_ID"),
      client_secret: cloud.env1("CLIENT_SECRET"),
      scope: "https://management.azure.com/.default",
    });
    const url = `${cloud.env1("ENTRA_URL")}/${tenant?.id}/oauth2/v2.0/token`;
    const token = (await (await fetch(url, { method: "POST", body })).json()) as { access_token: string };
    const answer = await fetch(
      `${cloud.env1("ARM_URL")}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${token.access_token}`, "content-type": "application/json" },
        body: JSON.stringify({ query: "resources | project name, tenantId" }),
      },
    );
    const { data } = (await answer.json()) as { data: { name: string; tenantId: string }[] };
    expect(data).toEqual([{ name: `customer${tenant?.name.slice(-3)}`, tenantId: tenant?.id }]);
  }
  expect(loadEstate("isv").tenants).toHaveLength(23);
  await cloud.close();
});

test("ten thousand registries follow from the seed", () => {
  const [one, again, other] = [1, 1, 2].map((seed) => loadEstate("many-registries", { seed }).registries);
  expect(one).toHaveLength(10_003);
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  const modes = one?.filter(({ roleAssignmentMode }) => roleAssignmentMode === "AbacRepositoryPermissions").length ?? 0;
  expect(modes).toBeGreaterThan(2700);
  expect(modes).toBeLessThan(3300);
});

test("an estate of one's own can extend another file or one that comes with the cloud, and a name that is none is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "crosspull-estate-"));
  const base = { tenants: [{ id: "a0000000-0000-4000-8000-000000000001", name: "One", domain: "one.example" }] };
  const more = {
    extends: "base",
    tenants: [{ id: "b0000000-0000-4000-8000-000000000001", name: "Two", domain: "two.example" }],
  };
  writeFileSync(join(folder, "base.json"), JSON.stringify(base));
  writeFileSync(join(folder, "more.json"), JSON.stringify(more));
  expect(loadEstate(join(folder, "more.json")).tenants.map(({ name }) => name)).toEqual(["One", "Two"]);
  const third = { ...more.tenants[0], id: "d0000000-0000-4000-8000-000000000001" };
  writeFileSync(join(folder, "shipped.json"), JSON.stringify({ extends: "two-tenants", tenants: [third] }));
  expect(loadEstate(join(folder, "shipped.json")).tenants.map(({ name }) => name)).toContain("Two");
  expect(() => loadEstate("no-such-estate")).toThrow(/no-such-estate/);
  rmSync(folder, { recursive: true });
});

test("an enterprise's clusters pull from their home registry with roles of several kinds, over three subscriptions", async () => {
  const cloud = await testCloud({ estate: "enterprise" });
  const { body: state } = await cloud.control<{
    arm: { clusters: readonly { id: string }[]; registries: readonly { id: string; loginServer: string }[] };
  }>("GET", "/control/state");
  const home = state.arm.registries.find(({ id }) => id.endsWith("/contosohome"))?.loginServer;
  for (const { id: clusterId } of state.arm.clusters) {
    const { body } = await cloud.control("POST", "/control/kubelet/pull", {
      clusterId,
      image: `${home}/platform/base:v1`,
    });
    expect(body).toMatchObject({ pulled: true });
  }
  await cloud.close();
});

describe("an estate that cannot be used is refused in words:", () => {
  const folder = mkdtempSync(join(tmpdir(), "estates-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  test("one that is neither a file nor a name is told with the names there are", () => {
    expect(() => loadEstate("nosuch")).toThrow(/no estate "nosuch".*enterprise, isv, many-registries, two-tenants/);
  });

  test("one that is no JSON is told with its file", () => {
    const file = written("broken.json", "{");
    expect(() => loadEstate(file)).toThrow(`the estate ${file} is no JSON`);
  });

  test("one that extends itself, over another too, is told with the way round", () => {
    const one = written("one.json", JSON.stringify({ extends: "other" }));
    const other = written("other.json", JSON.stringify({ extends: "one" }));
    expect(() => loadEstate(one)).toThrow(`extends itself: ${[one, other, one].join(" -> ")}`);
  });
});
