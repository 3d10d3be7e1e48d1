/** What is shown of a pull identity: never a value, and only what was seen. */
import { TransientError } from "../../src/domain/errors.ts";
import { clusterKeyOf, names } from "../../src/domain/ids.ts";
import type { OnCluster, PullIdentity } from "../../src/domain/pullIdentity.ts";
import { answering } from "../../src/functions/http.ts";
import { getIdentity, listIdentities } from "../../src/functions/identities.ts";
import type { SecretVersion } from "../../src/azure/clients.ts";
import type { Password } from "../../src/domain/passwords.ts";
import { born, clusterId, identity, kept, link, operation, running, instances, worldOf } from "../activities/world.ts";
import { windowOf } from "../domain/windowOf.ts";
import { ask } from "./ask.ts";

type View = Readonly<Record<string, unknown>> & { readonly clusterKey: string };
type List = { readonly identities: readonly View[]; readonly next: string | null; readonly code?: string };

const key = clusterKeyOf(clusterId);
const row: PullIdentity = {
  ...identity,
  clusterKey: key,
  holder: null,
  secrets: [kept("v1", "current")],
  onCluster: { state: "held", version: "v1", since: born },
};
const config = {
  secretLifetimeInDays: 180,
  rotationFraction: 2 / 3,
  maintenanceWindow: windowOf("Sat 01:00-05:00"),
  preflightLimitInSeconds: 100,
};
const adding = { state: "adding", by: "rotating", since: born, seen: ["old-nameless"] } as const;
type Given = {
  readonly rows?: readonly PullIdentity[];
  readonly passwords?: readonly Password[] | Error;
  /** Those of its service principal. */
  readonly ofPrincipal?: readonly Password[];
  readonly versions?: readonly SecretVersion[];
  readonly state?: Parameters<typeof instances>[0];
  readonly now?: string;
};

async function open({ rows = [row], passwords = [], ofPrincipal = [], versions = [], state, now = born }: Given = {}) {
  const asked: string[] = [];
  const world = await worldOf(
    {
      identities: rows,
      links: [{ ...link, clusterKey: key, status: "ready" }],
      operations: [{ ...operation, id: "rotating", kind: "rotation", subject: key, instanceId: names.rotation(key) }],
    },
    {
      directory: {
        listPasswords: async () => {
          asked.push("passwords");
          if (passwords instanceof Error) throw passwords;
          return { passwords, readAt: now };
        },
        listPrincipalPasswords: async () => ofPrincipal,
      },
      vault: { versions: async () => versions },
      // Asked for nothing, and watched all the same.
      clusters: {},
      registries: {},
      roles: {},
      entra: {},
      pulls: {},
      now: () => new Date(now),
    },
  );
  const connect = async () => ({ world, config: config as never });
  const instancesOf = () => instances(state);
  return {
    asked,
    get: (id = key) =>
      ask<View>(answering(getIdentity(connect, instancesOf)), `/api/identities/${id}`, { params: { id } }),
    list: (query = "") => ask<List>(answering(listIdentities(connect, instancesOf)), `/api/identities${query}`),
  };
}

test("an identity shows its secrets, what the nodes are proved to hold, and what is due when, by its cluster's key", async () => {
  const { body, status } = await (await open()).get();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    clusterKey: key,
    clusterId,
    tenantId: "tenant-a",
    appId: "ours",
    secrets: [{ keyId: "key-v1", state: "current", expiresAt: "2026-07-01T00:00:00.000Z", addedAt: born }],
    nodes: { hold: "key-v1", mayHold: ["key-v1"], state: "held", since: born },
    // 2026-01-01 is a Thursday.
    nextOpening: "2026-01-03T01:00:00.000Z",
    attention: "none",
    rotation: null,
    lastAttempt: null,
    policy: { lifetimeInDays: 180, window: "Sat 01:00-05:00", set: { window: null } },
    links: [{ id: link.id, registry: link.registry, status: "ready" }],
    foreignPasswords: [],
    orphanPasswords: [],
  });
  const due = String(body["nextRotationAt"]);
  expect(due > "2026-04-20" && due < "2026-05-03").toBe(true);
});

test.each<[OnCluster, object]>([
  [{ state: "foreign" }, { hold: null, mayHold: [], since: null }],
  [
    { state: "halfway", mayHold: ["v1", "v2"] },
    { hold: null, mayHold: ["key-v1", "key-v2"], since: null },
  ],
  [
    { state: "accepted", version: "v2", mayHold: ["v1", "v2"], operation: "{}", since: born },
    { hold: null, mayHold: ["key-v1", "key-v2"], since: born },
  ],
])("nodes that are %j hold nothing for certain", async (onCluster, nodes) => {
  const secrets = [kept("v1", "retiring"), kept("v2", "current")];
  const { body } = await (await open({ rows: [{ ...row, secrets, onCluster }] })).get();
  expect(body["nodes"]).toMatchObject({ ...nodes, state: onCluster.state, evidence: expect.stringMatching(/\w+ \w+/) });
});

test("a secret that is being added is shown, though it has no key id yet", async () => {
  const secrets = [kept("v1", "current"), adding];
  const { body } = await (await open({ rows: [{ ...row, secrets }] })).get();
  expect(body["secrets"]).toMatchObject([
    { keyId: "key-v1" },
    { keyId: null, state: "adding", addedAt: born, expiresAt: null },
  ]);
});

test("it asks for attention as the life of what the nodes hold runs out", async () => {
  const at = async (now: string) => (await (await open({ now })).get()).body["attention"];
  const times = ["2026-04-29", "2026-05-03", "2026-06-02", "2026-06-17", "2026-08-01"];
  expect(await Promise.all(times.map((day) => at(`${day}T00:00:00.000Z`)))).toEqual([
    ...["none", "watch", "act", "now", "now"],
  ]);
});

test("a rotation that runs is shown, and one that is over is not", async () => {
  const rows = [{ ...row, rotationId: "rotating" }];
  const state = { [names.rotation(key)]: running("rotating") };
  expect((await (await open({ rows, state })).get()).body["rotation"]).toEqual({
    id: "rotating",
    state: "running",
    waitingFor: null,
  });
  expect((await (await open({ rows })).get()).body["rotation"]).toBeNull();
});

describe("passwords on the application and its service principal", () => {
  const password = (keyId: string, displayName: string): Password => ({
    keyId,
    displayName,
    startsAt: born,
    expiresAt: born,
  });
  const shown = (keyId: string, displayName: string, on = "application") => ({
    keyId,
    displayName,
    endDateTime: born,
    on,
  });
  const versions = [{ version: "v0", enabled: false, expiresAt: born, tags: { keyId: "KEY-V0" } }];
  const passwords = [
    password("key-v1", "crosspull onboard-1"),
    password("key-v0", "crosspull onboard-0"),
    password("theirs", "made in the portal"),
    password("lost", "crosspull onboard-x"),
    password("coming", "crosspull rotating"),
    password("nameless", ""),
    password("old-nameless", ""),
  ];

  test("are others' where neither row nor vault knows them, and orphans where they bear our kind of name", async () => {
    const secrets = [kept("v1", "current"), adding];
    const ofPrincipal = [password("on-principal", "crosspull by hand")];
    const { body } = await (await open({ rows: [{ ...row, secrets }], passwords, ofPrincipal, versions })).get();
    expect(body).toMatchObject({
      foreignPasswords: [
        shown("theirs", "made in the portal"),
        shown("old-nameless", ""),
        shown("on-principal", "crosspull by hand", "servicePrincipal"),
      ],
      orphanPasswords: [shown("lost", "crosspull onboard-x")],
    });
    expect(body).not.toHaveProperty("notRead");
  });

  test("that cannot be read now hide nothing else", async () => {
    const { body, status } = await (await open({ passwords: new TransientError("Graph is tired") })).get();
    expect(status).toBe(200);
    expect(body).toMatchObject({ appId: "ours", foreignPasswords: null, orphanPasswords: null });
    expect(body["notRead"]).toContain("Graph is tired");
  });

  test("are asked of nobody for an identity that has no application yet", async () => {
    const rows = [{ ...row, appId: null, appObjectId: null, secrets: [], onCluster: { state: "foreign" } as const }];
    const { get, asked } = await open({ rows });
    expect((await get()).body).toMatchObject({ foreignPasswords: [], nextRotationAt: null, attention: "none" });
    expect(asked).toEqual([]);
  });
});

describe("the list", () => {
  const keys = ["00", "11", "22"].map((first) => `${first}00000000000000`);
  const rows = [...keys.map((clusterKey) => ({ ...row, clusterKey })), row];

  test("comes in pages, in which the directory is asked for nothing", async () => {
    const { list, asked } = await open({ rows });
    const found: string[] = [];
    let page: string | null = "";
    while (page !== null) {
      const { body }: { body: List } = await list(`?size=2${page === "" ? "" : `&page=${page}`}`);
      found.push(...body.identities.map(({ clusterKey }) => clusterKey));
      expect(body.identities[0]).not.toHaveProperty("foreignPasswords");
      page = body.next;
    }
    expect(found.sort()).toEqual([...keys, key].sort());
    expect(asked).toEqual([]);
  });

  test("finds one by its cluster's resource id in any case, or none", async () => {
    const { list } = await open({ rows });
    const of = async (id: string) => (await list(`?resource=${encodeURIComponent(id)}`)).body.identities;
    expect((await of(`${clusterId.toUpperCase()}/`)).map(({ clusterKey }) => clusterKey)).toEqual([key]);
    expect(await of(`${clusterId}2`)).toEqual([]);
  });

  test.each([
    ["?resource=aks", "resource"],
    [`?resource=${encodeURIComponent(link.registry)}`, "is not Microsoft.ContainerService/managedClusters"],
    ["?size=0", "size"],
    ["?size=1001", "size"],
  ])("refuses %s with 400", async (query, says) => {
    const { status, body } = await (await open()).list(query);
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(says)]);
  });
});

test.each(["0123456789abcdef", "aks-prod"])("%s is the key of no cluster", async (id) => {
  expect(await (await open()).get(id)).toMatchObject({ status: 404, body: { code: "CP-IDENTITY-NOT-FOUND" } });
});
